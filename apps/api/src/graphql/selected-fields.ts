// Which fields below a resolver a query selects, as dotted paths (`customer.name`), so that only those are computed.
// Read once per document and remembered with it; directives are ignored: a field that may be skipped counts as selected.
import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

const remembered = new WeakMap<FieldNode, ReadonlySet<string>>();

export function selectedFields(info: GraphQLResolveInfo): ReadonlySet<string> {
  const [node] = info.fieldNodes;
  if (node === undefined) return new Set();
  // Several nodes are merged per execution: which ones depends on its variables, so that is not remembered.
  if (info.fieldNodes.length > 1) return collect(info);
  let paths = remembered.get(node);
  if (paths === undefined) remembered.set(node, (paths = collect(info)));
  return paths;
}

function collect(info: GraphQLResolveInfo): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const node of info.fieldNodes) if (node.selectionSet !== undefined) walk(node.selectionSet, '', info, paths);
  return paths;
}

function walk(set: SelectionSetNode, prefix: string, info: GraphQLResolveInfo, paths: Set<string>): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const path = prefix === '' ? selection.name.value : `${prefix}.${selection.name.value}`;
      paths.add(path);
      if (selection.selectionSet !== undefined) walk(selection.selectionSet, path, info, paths);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, prefix, info, paths);
    else {
      const fragment = info.fragments[selection.name.value];
      if (fragment !== undefined) walk(fragment.selectionSet, prefix, info, paths);
    }
  }
}
