// Where the nodes and edges of a picture of a graph go: dagre places them in layers, edges become smooth paths.

import { netwrightError } from '../errors.js'

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** An edge between the nodes with these numbers; `label` is the room that its texts need, 0 × 0 for none. */
export interface LayoutEdge {
  readonly from: number
  readonly to: number
  readonly label: Size
}

export interface LayoutNode extends Size {
  readonly isCircle: boolean
}

export interface PlacedEdge {
  /** Corners, from the rim of one node to the rim of the other; the edge leaves and reaches each in its direction. */
  readonly points: readonly Point[]
  /** The middle of the texts, on the edge. */
  readonly label: Point
}

export interface GraphLayout extends Size {
  /** Middles. */
  readonly nodes: readonly Point[]
  readonly edges: readonly PlacedEdge[]
}

/** Moves the ends of the edges at one side of a node apart; `offsets[i]` is how far edge i of `others` is off the middle. */
function spread(others: readonly number[], room: number): number[] {
  const order = others.map((_, index) => index).sort((a, b) => (others[a] as number) - (others[b] as number) || a - b)
  const step = others.length > 1 ? Math.min(14, room / (others.length - 1)) : 0
  const offsets = new Array<number>(others.length).fill(0)
  for (const [place, index] of order.entries()) offsets[index] = (place - (others.length - 1) / 2) * step
  return offsets
}

/** Whether more pairs of these heights fall than rise: dagre takes no heed of the order in which nodes are given. */
function isUpsideDown(heights: readonly number[]): boolean {
  const pairs = heights.flatMap((first, index) => heights.slice(index + 1).map((second) => Math.sign(second - first)))
  return pairs.reduce((sum, sign) => sum + sign, 0) < 0
}

/**
 * Lays out a graph whose edges lead to the right, what was given first rather above. The same graph always has the
 * same layout. Throws ERR_ARGUMENT when edges go round in a circle.
 */
async function layoutRight(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Promise<GraphLayout> {
  const { graphlib, layout } = await import('./libraries/dagre.js')
  const graph = new graphlib.Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 26, edgesep: 18, ranksep: 34 })
  for (const [index, { width, height }] of nodes.entries()) graph.setNode(String(index), { width, height })
  for (const [index, { from, to, label }] of edges.entries()) {
    graph.setEdge(String(from), String(to), { ...label, labelpos: 'c' }, String(index))
  }
  if (!graphlib.alg.isAcyclic(graph)) {
    throw netwrightError('ERR_ARGUMENT', 'graphPicture: edges go round in a circle, expected a graph without cycles')
  }
  layout(graph)
  const { width = 0, height = 0 } = graph.graph() as Partial<Size>
  const targets = new Set(edges.map(({ to }) => to))
  const sources = [...nodes.keys()].filter((index) => !targets.has(index))
  const upsideDown = isUpsideDown(sources.map((index) => (graph.node(String(index)) as Point).y))
  const place = ({ x, y }: Point): Point => ({ x, y: upsideDown ? height - y : y })
  const middles = nodes.map((_, index) => place(graph.node(String(index)) as Point))
  const laid = edges.map(({ from, to }, index) => {
    const { points, x, y } = graph.edge(String(from), String(to), String(index)) as Partial<Point> & { points: Point[] }
    // The first and the last are dagre's own ends, which point at the nodes' middles.
    const inner = points.slice(1, -1).map(place)
    return { inner, label: x === undefined || y === undefined ? undefined : place({ x, y }) }
  })

  const ends = { from: new Array<Point>(edges.length), to: new Array<Point>(edges.length) }
  for (const side of ['from', 'to'] as const) {
    for (const [node, { width, height, isCircle }] of nodes.entries()) {
      const here = edges.flatMap((edge, index) => (edge[side] === node ? [index] : []))
      const next = here.map((edge) => laid[edge]?.inner.at(side === 'from' ? 0 : -1)?.y ?? 0)
      const offsets = spread(next, height * 0.6)
      for (const [place, edge] of here.entries()) {
        const offset = offsets[place] as number
        const reach = isCircle ? Math.sqrt((width / 2) ** 2 - offset ** 2) : width / 2
        const { x, y } = middles[node] as Point
        ends[side][edge] = { x: x + (side === 'from' ? reach : -reach), y: y + offset }
      }
    }
  }

  // Edges run straight past all labels of a layer, so that none bends through the text of its neighbour.
  const straight = new Map<number, number>()
  for (const [index, { label }] of laid.entries()) {
    if (label === undefined) continue
    const width = (edges[index] as LayoutEdge).label.width
    straight.set(Math.round(label.x), Math.max(width, straight.get(Math.round(label.x)) ?? 0))
  }
  const placed = laid.map(({ inner, label }, index): PlacedEdge => {
    const [start, end] = [ends.from[index] as Point, ends.to[index] as Point]
    const corners = inner.flatMap(({ x, y }) => {
      const width = straight.get(Math.round(x)) ?? 0
      return width === 0 ? [{ x, y }] : [-0.5, 0.5].map((side) => ({ x: x + side * width, y }))
    })
    const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 }
    return { points: [start, ...corners, end], label: label ?? middle }
  })
  return { nodes: middles, edges: placed, width, height }
}

/** Lays out a graph whose edges lead to the right or down; 'down' is 'right' with x and y exchanged. */
export async function layoutGraph(
  nodes: readonly LayoutNode[],
  edges: readonly LayoutEdge[],
  direction: 'right' | 'down',
): Promise<GraphLayout> {
  if (direction === 'right') return layoutRight(nodes, edges)
  const turned = ({ width, height }: Size): Size => ({ width: height, height: width })
  const mirrored = ({ x, y }: Point): Point => ({ x: y, y: x })
  const layout = await layoutRight(
    nodes.map((node) => ({ ...node, ...turned(node) })),
    edges.map((edge) => ({ ...edge, label: turned(edge.label) })),
  )
  return {
    ...turned(layout),
    nodes: layout.nodes.map(mirrored),
    edges: layout.edges.map(({ points, label }) => ({ points: points.map(mirrored), label: mirrored(label) })),
  }
}
