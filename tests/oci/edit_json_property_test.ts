import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { appendJson, type JsonPath, removeJson, setJson } from "../../lib/oci/json.ts";

/** Numbers that JavaScript would write otherwise. */
const numberText = fc.constantFrom("1e400", "1.0", "-0", "9007199254740993", "1E+2", "0.10");
const scalarText = fc.oneof(
  numberText,
  fc.constantFrom("null", "true", '"\\u00e9\\/"', '"é"', '""'),
);
const space = fc.constantFrom("", " ", "\n", "\n  ", "\r\n\t");
const name = fc.constantFrom("a", "b", "c", "d", "e f", "__proto__");

/** Texts with all the freedom of JSON: white space, escapes, digits. */
const { text: jsonText } = fc.letrec<{ text: string; array: string; object: string }>((tie) => ({
  text: fc.oneof({ depthSize: "small" }, scalarText, tie("array"), tie("object")),
  array: fc.tuple(space, fc.array(tie("text"), { maxLength: 4 })).map(([gap, items]) =>
    `[${gap}${items.join(`,${gap}`)}${gap}]`
  ),
  object: fc.tuple(
    space,
    space,
    fc.uniqueArray(fc.tuple(name, tie("text")), { maxLength: 4, selector: ([name]) => name }),
  ).map(([gap, colon, members]) => {
    const texts = members.map(([name, value]) => `${JSON.stringify(name)}:${colon}${value}`);
    return `{${gap}${texts.join(`,${gap}`)}${gap}}`;
  }),
}));

/** A text and one of its paths. */
const place = fc.tuple(jsonText, fc.nat()).map(([text, pick]) => {
  const paths = pathsOf(JSON.parse(text));
  return { text, path: paths[pick % paths.length] ?? [] };
});

/** Every path that leads to a value; no name of these texts is inherited. */
function pathsOf(value: unknown, path: JsonPath = []): JsonPath[] {
  if (typeof value !== "object" || value === null) return [path];
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...steps.flatMap((step) => pathsOf(Reflect.get(value, step), [...path, step]))];
}

/** The value of a text, with numbers by their digits so that 1.0 and 1 differ. */
function exactly(text: string): unknown {
  return JSON.parse(
    text,
    (_name, value, context?: { source?: string }) =>
      typeof value === "number" ? { digits: context?.source } : value,
  );
}

/** Changes the object or array that a path leads into. */
function change(
  value: unknown,
  path: JsonPath,
  act: (parent: object, step: string | number) => void,
): unknown {
  const root = { root: structuredClone(value) };
  const full = ["root", ...path];
  const parent = full.slice(0, -1).reduce<object>((at, step) => Reflect.get(at, step), root);
  act(parent, full.at(-1) ?? "root");
  return root.root;
}

function put(parent: object, step: string | number, value: unknown): void {
  const shape = { value, enumerable: true, writable: true, configurable: true };
  Object.defineProperty(parent, step, shape);
}

Deno.test("setJson() of a value that is there changes its span and no other byte", () => {
  fc.assert(fc.property(place, ({ text, path }) => {
    const edited = setJson(text, path, "new");
    const [before = "", after = "", ...rest] = edited.split('"new"');
    assertEquals(rest, []);
    assert(text.startsWith(before) && text.endsWith(after));
    const span = text.slice(before.length, text.length - after.length);
    change(exactly(text), path, (parent, step) => {
      assertEquals(exactly(span), Reflect.get(parent, step));
    });
    const expected = change(exactly(text), path, (parent, step) => put(parent, step, "new"));
    assertEquals(exactly(edited), expected);
  }));
});

Deno.test("setJson() of a new member keeps every byte but the white space of an empty object", () => {
  fc.assert(fc.property(place, fc.json({ maxDepth: 2 }), ({ text, path }, json) => {
    let isObject = false;
    const expected = change(exactly(text), path, (parent, step) => {
      const value = Reflect.get(parent, step);
      isObject = Object.prototype.toString.call(value) === "[object Object]" &&
        !Object.hasOwn(value, "digits");
      if (isObject) put(value, "new", exactly(JSON.stringify(JSON.parse(json))));
    });
    fc.pre(isObject);
    const edited = setJson(text, [...path, "new"], JSON.parse(json));
    assertEquals(exactly(edited), expected);
    const [before = ""] = edited.split('"new"');
    const kept = before.replace(/[\s,]*$/, "");
    assert(text.startsWith(kept));
    assert(edited.endsWith(text.slice(kept.length).trimStart()));
  }));
});

Deno.test("removeJson() takes the value and no other", () => {
  fc.assert(fc.property(place, ({ text, path }) => {
    fc.pre(path.length > 0);
    const expected = change(exactly(text), path, (parent, step) => {
      if (Array.isArray(parent)) parent.splice(Number(step), 1);
      else Reflect.deleteProperty(parent, step);
    });
    const edited = removeJson(text, path);
    assertEquals(exactly(edited), expected);
    assert(edited.length < text.length);
  }));
});

Deno.test("removeJson() takes back what setJson() added, to the byte", () => {
  fc.assert(fc.property(jsonText, (text) => {
    fc.pre(/^\{\s*"/.test(text));
    assertEquals(removeJson(setJson(text, ["new"], { a: [1] }), ["new"]), text);
  }));
});

Deno.test("appendJson() adds items and keeps those that are there, to the digit", () => {
  fc.assert(fc.property(jsonText, (text) => {
    fc.pre(text.startsWith("["));
    const before = exactly(text);
    assert(Array.isArray(before));
    assertEquals(exactly(appendJson(text, [], "x", null)), [...before, "x", null]);
  }));
});
