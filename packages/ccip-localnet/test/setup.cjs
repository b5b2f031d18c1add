// The sources run as they are; only the type checker checks types.
require("ts-node").register({ transpileOnly: true, cwd: __dirname });
require("chai").use(require("chai-as-promised"));
