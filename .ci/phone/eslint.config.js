import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/vendor/**", "**/node_modules/**"] },
  js.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, Twilio: "readonly" } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      complexity: ["error", 10],
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "The page shows text of strangers; htm escapes it." },
        { property: "outerHTML", message: "The page shows text of strangers; htm escapes it." },
        { property: "insertAdjacentHTML", message: "The page shows text of strangers; htm escapes it." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "The page shows text of strangers; htm escapes it.",
        },
      ],
      "no-shadow": "error",
      "no-implicit-globals": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
];
