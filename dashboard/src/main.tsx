import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { WagmiProvider } from "wagmi";
import { z } from "zod";

import { App } from "./App";
import { MeshProvider } from "./data/mesh";
import { loadMesh } from "./deployments";
import "./styles.css";
import { walletConfig } from "./wallet/wallet";

// The content security policy forbids generating code from strings, which zod otherwise tries.
z.config({ jitless: true });

const element = document.getElementById("root");
if (!element) throw new Error("The page has no root.");
const root = createRoot(element);

loadMesh().then(
  (mesh) => {
    const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    root.render(
      <StrictMode>
        <WagmiProvider config={walletConfig(mesh)}>
          <QueryClientProvider client={queries}>
            <MeshProvider mesh={mesh}>
              <App />
            </MeshProvider>
          </QueryClientProvider>
        </WagmiProvider>
      </StrictMode>,
    );
  },
  (error: unknown) => {
    root.render(
      <main className="broken">
        <h1>This dashboard does not know its chains</h1>
        <p>{error instanceof Error ? error.message : String(error)}</p>
        <p>
          Write the deployments export beside this page with{" "}
          <code>npx hardhat dashboard export</code>, then load it again.
        </p>
      </main>,
    );
  },
);
