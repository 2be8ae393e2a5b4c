import type { AccessRule, Action } from "../../lib/server/access.ts";
import { DocumentField } from "../../lib/oci/document_field.ts";
import { readTextFile } from "./read_text_file.ts";

const ACTIONS: readonly Action[] = ["pull", "push", "delete"];
const MEMBERS: ReadonlySet<string> = new Set(["repositories", "users", "actions"]);

/**
 * Reads a JSON array of rules: `[{"repositories": "team/**", "users": ["ann"], "actions": ["pull"]}]`.
 *
 * @throws {DocumentError} For anything else: a rule that is not understood opens no door.
 */
export async function readAccessRules(path: string): Promise<readonly AccessRule[]> {
  return DocumentField.parse(`"${path}"`, await readTextFile(path)).items().map(readRule);
}

function readRule(rule: DocumentField): AccessRule {
  for (const [name, field] of rule.members()) {
    if (!MEMBERS.has(name)) throw field.unexpected("no such member");
  }
  return {
    repositories: rule.member("repositories").string(),
    users: rule.member("users").strings(),
    actions: rule.member("actions").items().map(readAction),
  };
}

function readAction(field: DocumentField): Action {
  const action = ACTIONS.find((known) => known === field.string());
  if (action === undefined) throw field.unexpected('"pull", "push" or "delete"');
  return action;
}
