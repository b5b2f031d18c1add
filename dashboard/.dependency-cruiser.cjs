const path = require("node:path");

/**
 * The rules of the whole project, with the dashboard's own names for rooms of lib/.
 * @type {import('dependency-cruiser').IConfiguration}
 */
module.exports = {
  extends: "../.dependency-cruiser.cjs",
  options: { tsConfig: { fileName: path.join(__dirname, "tsconfig.json") } },
};
