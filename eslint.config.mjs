import jsdoc from "eslint-plugin-jsdoc";
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "artifacts",
      "cache",
      "coverage",
      "coverage-ts",
      "dashboard/dist",
      "node_modules",
      "typechain-types",
      "**/*.mjs",
      "**/*.cjs",
      "packages/*/bin",
      "packages/*/dist",
      ".solcover.js",
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      // Hardhat's configuration loads modules of its own choice, when it needs them.
      "@typescript-eslint/no-require-imports": "off",
      "no-restricted-properties": [
        "error",
        {
          object: "Network",
          property: "from",
          message:
            "Its description of some chains asks web sites of third parties for fees: write new Network(name, chainId).",
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    // chai's assertions are properties: `expect(x).to.be.true`.
    rules: { "@typescript-eslint/no-unused-expressions": "off" },
  },
  {
    files: ["lib/**/*.ts"],
    ignores: ["lib/hardhat/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["hardhat", "hardhat/**", "hardhat-*", "@nomicfoundation/*", "../hardhat/**"],
              message: "lib/ takes providers and addresses; what knows Hardhat is in lib/hardhat.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["**/*.ts", "**/*.tsx"],
    plugins: { jsdoc },
    rules: {
      "jsdoc/match-description": [
        "error",
        {
          contexts: ["any"],
          matchDescription: "^(?!(?:Whether|What|Which|Who|Whose|Whom|Where|When|Why|How)\\b)",
          message: "A doc comment opens with a verb or a noun phrase.",
        },
      ],
    },
  },
);
