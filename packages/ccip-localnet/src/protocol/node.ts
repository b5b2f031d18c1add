import "../releaseFiles";

export * from "./index";
