// Computational graphs as pictures: laid out in layers by dagre, values on the edges, gradients beside them.

import { checkOptions, describe, netwrightError } from '../errors.js'
import { checkList, checkText } from './check.js'
import { type GraphLayout, layoutGraph, type PlacedEdge, type Point, type Size } from './graph-layout.js'
import { escapeXml, ink, palette, printable, px, svgDocument, textWidth, wrapText } from './svg.js'

export interface GraphNode {
  readonly id: string
  /** Lines are parted by '\n'. */
  readonly label: string
  /** An 'operation' (default) is a circle where its label is a sign, else a box, as a 'layer' is; the others are coloured. */
  readonly kind?: 'input' | 'parameter' | 'operation' | 'layer' | 'output'
}

export interface GraphEdge {
  /** The id of a node. */
  readonly from: string
  /** The id of a node. */
  readonly to: string
  /** The value that flows forward: above the edge, or left of it. */
  readonly label?: string
  /** The gradient that flows backward: below the edge, or right of it. */
  readonly backwardLabel?: string
}

export interface GraphPictureOptions {
  readonly title?: string
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** Where edges lead (default 'right'). */
  readonly direction?: 'right' | 'down'
}

const margin = 20
const textSize = 14
const lineHeight = 18
const [forwardColor, backwardColor] = [palette[0], '#b04a00']

const kinds = {
  input: { fill: '#e3eef7', stroke: palette[0] },
  parameter: { fill: '#fbf0dc', stroke: '#b97f00' },
  operation: { fill: '#ffffff', stroke: ink.text },
  layer: { fill: '#ffffff', stroke: ink.text },
  output: { fill: '#ddf1ea', stroke: palette[2] },
} as const

const linesOf = (label: string) => printable(label).split('\n')

/** A sign such as × or + stands in a circle, as in the book. */
const isSign = ({ kind = 'operation', label }: GraphNode) =>
  kind === 'operation' && !label.includes('\n') && [...label].length <= 3

function sizeOf(node: GraphNode): Size {
  if (isSign(node)) return { width: 38, height: 38 }
  const lines = linesOf(node.label)
  const width = Math.max(...lines.map((line) => textWidth(line, textSize))) + 26
  return { width: Math.max(44, width), height: lines.length * lineHeight + 14 }
}

function checkGraph(where: string, { nodes, edges, direction }: GraphPictureOptions): void {
  checkList(where, 'nodes', nodes)
  const ids = new Set<string>()
  for (const [index, node] of nodes.entries()) {
    checkOptions(`${where}: nodes[${index}]`, node, ['id', 'label', 'kind'])
    checkText(where, `nodes[${index}].id`, node.id)
    checkText(where, `nodes[${index}].label`, node.label)
    if (node.kind !== undefined && !Object.hasOwn(kinds, node.kind)) {
      const names = Object.keys(kinds).join(', ')
      const message = `${where}: nodes[${index}].kind is ${describe(node.kind)}, expected one of ${names}`
      throw netwrightError('ERR_ARGUMENT', message, 'TypeError')
    }
    if (ids.has(node.id)) {
      throw netwrightError('ERR_ARGUMENT', `${where}: two nodes have the id ${describe(node.id)}, expected one`)
    }
    ids.add(node.id)
  }
  if (!Array.isArray(edges)) {
    throw netwrightError('ERR_ARGUMENT', `${where}: edges is ${describe(edges)}, expected an array`, 'TypeError')
  }
  for (const [index, edge] of (edges as readonly GraphEdge[]).entries()) {
    checkOptions(`${where}: edges[${index}]`, edge, ['from', 'to', 'label', 'backwardLabel'])
    for (const end of ['from', 'to'] as const) {
      if (ids.has(edge[end])) continue
      const message = `${where}: edges[${index}].${end} is ${describe(edge[end])}, expected the id of a node`
      throw netwrightError('ERR_ARGUMENT', message, 'RangeError')
    }
    if (edge.label !== undefined) checkText(where, `edges[${index}].label`, edge.label)
    if (edge.backwardLabel !== undefined) checkText(where, `edges[${index}].backwardLabel`, edge.backwardLabel)
  }
  if (direction !== undefined && !['right', 'down'].includes(direction)) {
    const message = `${where}: direction is ${describe(direction)}, expected 'right' or 'down'`
    throw netwrightError('ERR_ARGUMENT', message, 'TypeError')
  }
}

function text(content: string, x: number, y: number, size: number, color: string, anchor = 'middle'): string {
  const at = `x="${px(x)}" y="${px(y)}" text-anchor="${anchor}" font-size="${size}"`
  return `<text ${at} fill="${color}">${escapeXml(content)}</text>`
}

function drawNode(node: GraphNode, { x, y }: Point): string[] {
  const { width, height } = sizeOf(node)
  const { fill, stroke } = kinds[node.kind ?? 'operation']
  const paint = `fill="${fill}" stroke="${stroke}" stroke-width="1.5"`
  if (isSign(node)) {
    const circle = `<circle cx="${px(x)}" cy="${px(y)}" r="${px(width / 2)}" ${paint}/>`
    return [circle, text(printable(node.label), x, y + 5.5, 17, ink.text)]
  }
  const place = `x="${px(x - width / 2)}" y="${px(y - height / 2)}" width="${px(width)}" height="${px(height)}"`
  const lines = linesOf(node.label)
  return [
    `<rect ${place} rx="${fill === kinds.layer.fill ? 3 : 9}" ${paint}/>`,
    // Letters reach about 5 pixels below and above the middle of their line.
    ...lines.map((line, index) =>
      text(line, x, y + 5 + (index - (lines.length - 1) / 2) * lineHeight, textSize, ink.text),
    ),
  ]
}

/** The smooth path through an edge's corners, which runs in the graph's direction at each, and the head of its arrow. */
function drawArrow({ points }: PlacedEdge, down: boolean): string[] {
  const tip = points.at(-1) as Point
  const neck = down ? { x: tip.x, y: tip.y - 8 } : { x: tip.x - 8, y: tip.y }
  const corners = [...points.slice(0, -1), neck]
  const at = ({ x, y }: Point) => `${px(x)} ${px(y)}`
  let path = `M${at(corners[0] as Point)}`
  for (const [index, to] of corners.slice(1).entries()) {
    const from = corners[index] as Point
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }
    const bends = down
      ? ([
          { x: from.x, y: middle.y },
          { x: to.x, y: middle.y },
        ] as const)
      : ([
          { x: middle.x, y: from.y },
          { x: middle.x, y: to.y },
        ] as const)
    path += ` C${at(bends[0])} ${at(bends[1])} ${at(to)}`
  }
  const head = down ? '0,0 -4.5,-9 4.5,-9' : '0,0 -9,-4.5 -9,4.5'
  return [
    `<path d="${path}" fill="none" stroke="${ink.muted}" stroke-width="1.4"/>`,
    `<polygon points="${head}" transform="translate(${at(tip)})" fill="${ink.muted}"/>`,
  ]
}

function drawLabels({ label, backwardLabel }: GraphEdge, { x, y }: Point, down: boolean): string[] {
  const [forward, backward] = [printable(label ?? ''), printable(backwardLabel ?? '')]
  return [
    ...(forward === ''
      ? []
      : [
          down
            ? text(forward, x - 8, y + 5, textSize, forwardColor, 'end')
            : text(forward, x, y - 7, textSize, forwardColor),
        ]),
    ...(backward === ''
      ? []
      : [
          down
            ? text(backward, x + 8, y + 5, textSize, backwardColor, 'start')
            : text(backward, x, y + 18, textSize, backwardColor),
        ]),
  ]
}

/** The room that the texts of an edge need around the middle of its straight part. */
function labelSize({ label = '', backwardLabel = '' }: GraphEdge, down: boolean): Size {
  if (label === '' && backwardLabel === '') return { width: 0, height: 0 }
  const width = Math.max(textWidth(label, textSize), textWidth(backwardLabel, textSize))
  // The sides are equal, so that the edge runs through the middle.
  return down ? { width: 2 * width + 24, height: 24 } : { width: width + 8, height: 44 }
}

function drawGraph({ nodes, edges }: GraphPictureOptions, layout: GraphLayout, down: boolean): string[] {
  return [
    ...layout.edges.flatMap((edge) => drawArrow(edge, down)),
    ...nodes.flatMap((node, index) => drawNode(node, layout.nodes[index] as Point)),
    ...edges.flatMap((edge, index) => drawLabels(edge, (layout.edges[index] as PlacedEdge).label, down)),
  ]
}

/**
 * Draws a computational graph as SVG text: values beside each edge in blue, gradients on its other side in orange.
 * Throws ERR_ARGUMENT for an edge to a node that is not there, and for edges that go round in a circle.
 */
export async function graphPicture(options: GraphPictureOptions): Promise<string> {
  const where = 'graphPicture'
  checkOptions(where, options, ['title', 'nodes', 'edges', 'direction'])
  const { title, nodes, edges, direction = 'right' } = options
  if (title !== undefined) checkText(where, 'title', title)
  checkGraph(where, options)
  const down = direction === 'down'
  const numbers = new Map(nodes.map(({ id }, index) => [id, index]))
  const layout = await layoutGraph(
    nodes.map((node) => ({ ...sizeOf(node), isCircle: isSign(node) })),
    edges.map((edge) => ({
      from: numbers.get(edge.from) as number,
      to: numbers.get(edge.to) as number,
      label: labelSize(edge, down),
    })),
    direction,
  )
  const width = Math.max(layout.width, Math.min(textWidth(title ?? '', 17), 320))
  const lines = title === undefined ? [] : wrapText(printable(title), 17, width)
  const head = lines.length > 0 ? lines.length * 24 + 10 : 0
  const isExplained = edges.some(({ backwardLabel }) => backwardLabel !== undefined)
  const foot = isExplained ? 34 : 0
  const bottom = margin + head + layout.height + foot
  return svgDocument(Math.ceil(width + 2 * margin), Math.ceil(bottom + margin), [
    ...lines.map((line, index) => text(line, margin, margin + 16 + index * 24, 17, ink.text, 'start')),
    `<g transform="translate(${px(margin + (width - layout.width) / 2)} ${px(margin + head)})">`,
    ...drawGraph(options, layout, down),
    '</g>',
    ...(isExplained
      ? [
          text('value', margin, bottom, 12, forwardColor, 'start'),
          text('gradient', margin + 44, bottom, 12, backwardColor, 'start'),
        ]
      : []),
  ])
}
