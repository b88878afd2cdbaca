// What scripts say, in the language of the page: its words are in the page, by their English; English has none.

const shown = document.getElementById("words")?.textContent;
const words = new Map<string, string>(Object.entries(JSON.parse(shown ?? "{}") as Record<string, string>));

/** A message of the catalogue, with its values: `%(name)s` stands for one. */
export function t(message: string, values: Record<string, string | number> = {}): string {
  const said = words.get(message) ?? message;
  return said.replace(/%\((\w+)\)s|%%/g, (found, name?: string) => (name ? String(values[name]) : found.slice(1)));
}
