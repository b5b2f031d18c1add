/** Every rule of solhint, each exception with its reason. */
module.exports = {
  extends: "solhint:all",
  rules: {
    "code-complexity": ["error", 9],
    "compiler-version": ["error", "^0.8.20"],
    "explicit-types": ["error", "explicit"],
    "func-visibility": ["error", { ignoreConstructors: true }],
    "max-line-length": ["error", 160],
    "named-parameters-mapping": "error",
    "no-global-import": "error",
    "no-unused-import": "error",
    "no-unused-vars": "error",

    // Constants, typeAndVersion and what bases declare need no second declaration.
    "comprehensive-interface": "off",
    // CCIP's ITypeAndVersion names the constant typeAndVersion.
    "const-name-snakecase": "off",
    // The three rules of Foundry: its tests are not among these contracts.
    "foundry-no-block-time-number": "off",
    "foundry-test-function-naming": "off",
    "foundry-test-functions": "off",
    // Calls of up to six arguments read in the order of their declaration.
    "func-named-parameters": "off",
    // A storage pointer has the prefix of the variable that it points to.
    "func-param-name-mixedcase": "off",
    // code-complexity limits functions; long ones emit events with many fields.
    "function-max-lines": "off",
    // An array is filled and its length counted in one expression.
    "gas-increment-by-one": "off",
    // Indexed is what logs are filtered by; an indexed amount would only cost gas.
    "gas-indexed-events": "off",
    // The length of calldata is on the stack, and what is read from storage is short.
    "gas-length-in-loops": "off",
    // A result has a name where NatSpec has to explain it.
    "gas-named-return-values": "off",
    // Strings are names and versions that CCIP or ERC-20 ask for.
    "gas-small-strings": "off",
    // Bounds are inclusive, as the documents state them.
    "gas-strict-inequalities": "off",
    // Layouts are decided by what a call reads together, and kept in config/layouts.
    "gas-struct-packing": "off",
    // Chainlink's prefix i_.
    "immutable-vars-naming": "off",
    // Resolves from the working directory alone; the compiler checks every import.
    "import-path-check": "off",
    // Packages first, then own files; the rule sorts by path length.
    "imports-order": "off",
    // Five blocks read or write one packed word, each with its reason.
    "no-inline-assembly": "off",
    // A rebase counts from a time on, and heartbeats are ages.
    "not-rely-on-time": "off",
    // Functions are grouped by subject, in the order of their interface.
    ordering: "off",
    // Chainlink's prefixes s_ and i_ show what a variable is.
    "private-vars-leading-underscore": "off",
    // NatSpec is in the interfaces, bodies inherit it; docs/api is generated from it and compared.
    "use-natspec": "off",
    // Chainlink's prefixes s_ and i_, and $ for ERC-7201 storage.
    "var-name-mixedcase": "off",
  },
};
