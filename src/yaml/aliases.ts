import { type Alias, type Document, isAlias, isCollection, isScalar, type Node, visit } from 'yaml'

const known = new WeakMap<Document.Parsed, ReadonlyMap<Alias, Node>>()

/** The node that an alias stands for, or the node itself. The parser's own way walks the document for each alias. */
export function follow(node: unknown, document: Document.Parsed): unknown {
  if (!isAlias(node)) return node
  let targets = known.get(document)
  if (targets === undefined) {
    targets = resolveAll(document)
    known.set(document, targets)
  }
  return targets.get(node)
}

/** An anchor may be set again: an alias stands for the last one before it (YAML 1.2.2 section 7.1). */
function resolveAll(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, (_, node) => {
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target !== undefined) targets.set(node, target)
    } else if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined)
      anchors.set(node.anchor, node)
  })
  return targets
}
