// hardhat-chai-matchers brings chai-as-promised along at run time, but not its types.
/// <reference types="chai-as-promised" />
