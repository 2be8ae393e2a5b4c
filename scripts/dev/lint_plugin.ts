/** The rules of the house that `deno lint` does not know. */
import { forbids, roomOf, THIRD_PARTY_ROOMS } from "./floors.ts";

/** The errors whose first argument is a subject: they word their message themselves. */
const SUBJECT_FIRST = new Set([
  "AlreadyExistsError",
  "ConsumedError",
  "DigestMismatchError",
  "LimitExceededError",
  "ImportError",
  "NotComputedError",
  "NotFoundError",
  "SizeMismatchError",
]);

const BUILT_IN = new Set(["AggregateError", "Error", "RangeError", "SyntaxError", "TypeError"]);

const plugin: Deno.lint.Plugin = {
  name: "davit",
  rules: {
    "function-declaration": {
      create(context) {
        return {
          "VariableDeclarator > ArrowFunctionExpression"(arrow: Deno.lint.ArrowFunctionExpression) {
            const declarator = arrow.parent as Deno.lint.VariableDeclarator;
            const scope = declarator.parent.parent;
            if (scope?.type !== "ExportNamedDeclaration" && scope?.type !== "Program") return;
            if (declarator.id.type === "Identifier" && declarator.id.typeAnnotation) return;
            context.report({
              node: declarator,
              message: "A top-level function is a function declaration",
              hint: "Write `function name() {}`, or annotate the constant with its type",
            });
          },
        };
      },
    },
    "cannot-message": {
      create(context) {
        if (roomOf(context.filename) === undefined) return {};
        return {
          NewExpression(node) {
            if (node.callee.type !== "Identifier" || !node.callee.name.endsWith("Error")) return;
            if (BUILT_IN.has(node.callee.name) || SUBJECT_FIRST.has(node.callee.name)) return;
            const message = node.arguments[0];
            const start = message && startOf(message);
            if (!message || !start || start.startsWith("Cannot ")) return;
            context.report({
              node: message,
              message: 'An error reads: Cannot <act> "x": expected …, got …',
            });
          },
        };
      },
    },
    "room-floor": {
      create(context) {
        const room = roomOf(context.filename);
        if (room === undefined) return {};
        return onImports((source) => {
          const reason = forbiddenImport(context.filename, room, source.value);
          if (reason !== undefined) {
            context.report({ node: source, message: `Cannot import "${source.value}": ${reason}` });
          }
        });
      },
    },
  },
};

export default plugin;

/** Returns the literal text that an expression starts with, empty when it starts with a value. */
function startOf(expression: Deno.lint.Expression | Deno.lint.SpreadElement): string {
  if (expression.type === "Literal" && typeof expression.value === "string") {
    return expression.value;
  }
  if (expression.type === "TemplateLiteral") return expression.quasis[0]?.cooked ?? "";
  if (expression.type === "BinaryExpression") {
    return expression.left.type === "PrivateIdentifier" ? "" : startOf(expression.left);
  }
  return "";
}

function onImports(check: (source: Deno.lint.StringLiteral) => void): Deno.lint.LintVisitor {
  return {
    ImportDeclaration: (node) => check(node.source),
    ExportAllDeclaration: (node) => check(node.source),
    ExportNamedDeclaration: (node) => node.source && check(node.source),
    ImportExpression(node) {
      if (node.source.type === "Literal" && typeof node.source.value === "string") {
        check(node.source as Deno.lint.StringLiteral);
      }
    },
  };
}

function forbiddenImport(file: string, room: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  if (!specifier.startsWith(".")) {
    if (THIRD_PARTY_ROOMS.includes(room)) return undefined;
    return `only ${THIRD_PARTY_ROOMS.join(" and ")} use packages, the other rooms stand alone`;
  }
  const target = roomOf(new URL(specifier, `file://${file}`).pathname);
  return target === undefined ? "lib/ imports nothing outside of lib/" : forbids(room, target);
}
