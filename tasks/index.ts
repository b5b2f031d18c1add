import "./dashboard";
import "./demo";
import "./deploy";
import "./localnet/start";
