import { Suspense, lazy, useEffect, useRef, useState } from "react";
import type { ComponentType, LazyExoticComponent } from "react";

import { useMesh } from "./data/mesh";
import Overview from "./pages/Overview";
import { AdvanceClocks } from "./ui/AdvanceClocks";
import { DivisorSwitch } from "./ui/GrowthIndex";
import { Skeleton } from "./ui/kit";
import { useRoles } from "./wallet/roles";
import { ConnectButton } from "./wallet/wallet";

interface Page {
  readonly title: string;
  readonly view: ComponentType | LazyExoticComponent<ComponentType>;
}

const PAGES: Readonly<Record<string, Page>> = {
  overview: { title: "Overview", view: Overview },
  history: { title: "History", view: lazy(() => import("./pages/History")) },
  messages: { title: "Messages", view: lazy(() => import("./pages/Messages")) },
  lanes: { title: "Lanes", view: lazy(() => import("./pages/Lanes")) },
  tokens: { title: "Tokens", view: lazy(() => import("./pages/MyTokens")) },
  operate: { title: "Operate", view: lazy(() => import("./pages/Operate")) },
};

/** Returns the page in the URL. */
function usePage(): string {
  const read = () => window.location.hash.replace(/^#\/?/, "");
  const [name, setName] = useState(read);
  useEffect(() => {
    const change = () => setName(read());
    window.addEventListener("hashchange", change);
    return () => window.removeEventListener("hashchange", change);
  }, []);
  return PAGES[name] ? name : "overview";
}

/** Shows the header, the navigation and the current page. */
export function App() {
  const { mesh, satellites } = useMesh();
  const name = usePage();
  const roles = useRoles();
  const main = useRef<HTMLElement>(null);
  const previous = useRef(name);
  const page = PAGES[name];
  useEffect(() => {
    document.title = `${page?.title ?? ""} · ${mesh.token.symbol}`;
    if (previous.current === name) return;
    previous.current = name;
    window.scrollTo(0, 0);
    // A screen reader continues at the start of the new page.
    main.current?.focus({ preventScroll: true });
  }, [name, page, mesh]);
  // An extra menu entry is harmless: it is shown if the role was ever known, or is not known yet.
  const mayOperate =
    roles !== undefined &&
    (satellites.some(({ lag }) => lag.state !== "read" || lag.value !== undefined) ||
      [roles.controller, ...roles.tokens.map((item) => item.roles)].some(
        (reading) => reading.state !== "read" || Object.values(reading.value).includes(true),
      ));
  const shown = Object.entries(PAGES).filter(
    ([key]) => key !== "operate" || mayOperate || name === "operate",
  );
  const View = page?.view ?? Overview;
  return (
    <>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header className="head">
        <div className="brand">
          <img src="./icon.svg" alt="" width="32" height="32" />
          <p>
            <strong>{mesh.token.name}</strong>
            <small>
              {mesh.token.symbol} on {mesh.chains.length} chains{mesh.live ? "" : ", local network"}
            </small>
          </p>
        </div>
        <nav aria-label="Pages">
          <ul>
            {shown.map(([key, { title }]) => (
              <li key={key}>
                <a href={`#/${key}`} aria-current={key === name ? "page" : undefined}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <ConnectButton />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Suspense fallback={<Skeleton width="40ch" />}>
          <View />
        </Suspense>
      </main>
      <footer className="tools">
        <DivisorSwitch />
        <AdvanceClocks />
      </footer>
    </>
  );
}
