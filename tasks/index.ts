import "./demo";
import "./localnet/start";
