// Pictures of computational graphs: everything is there, nothing overlaps, wrong graphs are refused.

import { describe, expect, test } from 'vitest'
import { graphPicture } from '../../src/report/graph-picture.js'
import { failureOf } from '../failure.js'
import { draw, harmless, hostile, textsOf } from './svg.js'

/** The book's two apples and three oranges: 715, and all gradients. */
const fruit = {
  title: 'Two apples and three oranges',
  nodes: [
    { id: 'appleNum', label: 'number of\napples', kind: 'input' as const },
    { id: 'apple', label: 'apple', kind: 'input' as const },
    { id: 'orange', label: 'orange', kind: 'input' as const },
    { id: 'orangeNum', label: 'number of\noranges', kind: 'input' as const },
    { id: 'tax', label: 'tax', kind: 'parameter' as const },
    { id: 'mul1', label: '×' },
    { id: 'mul2', label: '×' },
    { id: 'add', label: '+' },
    { id: 'mul3', label: '×' },
    { id: 'price', label: 'price', kind: 'output' as const },
  ],
  edges: [
    { from: 'appleNum', to: 'mul1', label: '2', backwardLabel: '110' },
    { from: 'apple', to: 'mul1', label: '100', backwardLabel: '2.2' },
    { from: 'orange', to: 'mul2', label: '150', backwardLabel: '3.3' },
    { from: 'orangeNum', to: 'mul2', label: '3', backwardLabel: '165' },
    { from: 'mul1', to: 'add', label: '200', backwardLabel: '1.1' },
    { from: 'mul2', to: 'add', label: '450', backwardLabel: '1.1' },
    { from: 'add', to: 'mul3', label: '650', backwardLabel: '1.1' },
    { from: 'tax', to: 'mul3', label: '1.1', backwardLabel: '650' },
    { from: 'mul3', to: 'price', label: '715', backwardLabel: '1' },
  ],
}

interface Box {
  readonly name: string
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

function boxesOf(svg: string): Box[] {
  const numbers = (text: string) =>
    Object.fromEntries([...text.matchAll(/ ([a-z]+)="(-?[\d.]+)"/g)].map(([, name, value]) => [name, Number(value)]))
  const inGraph = svg.slice(svg.indexOf('<g '), svg.indexOf('</g>'))
  const rects = [...inGraph.matchAll(/<rect[^>]*>/g)].map(([text]) => {
    const { x = 0, y = 0, width = 0, height = 0 } = numbers(text)
    return { name: text, left: x, right: x + width, top: y, bottom: y + height }
  })
  const circles = [...inGraph.matchAll(/<circle[^>]*>/g)].map(([text]) => {
    const { cx = 0, cy = 0, r = 0 } = numbers(text)
    return { name: text, left: cx - r, right: cx + r, top: cy - r, bottom: cy + r }
  })
  const labels = [...inGraph.matchAll(/<text[^>]*fill="#(?:0072b2|b04a00)"[^>]*>([^<]*)/g)].map(
    ([text, content = '']) => {
      const { x = 0, y = 0 } = numbers(text)
      const width = content.length * 8
      const left = text.includes('"middle"') ? x - width / 2 : text.includes('"end"') ? x - width : x
      return { name: content, left, right: left + width, top: y - 11, bottom: y + 3 }
    },
  )
  return [...rects, ...circles, ...labels]
}

describe.each(['right', 'down'] as const)('direction %s', (direction) => {
  test('nodes, values and gradients are there, apart from each other and inside the picture', async () => {
    const svg = await graphPicture({ ...fruit, direction })
    const { width, height } = draw(svg)
    const words = fruit.edges.flatMap(({ label, backwardLabel }) => [label, backwardLabel])
    const texts = textsOf(svg)
    for (const word of [...words, 'number of', 'apples', 'price', 'tax']) expect(texts).toContain(word)
    expect(svg.match(/<circle/g)).toHaveLength(4)
    expect(svg.match(/<polygon/g)).toHaveLength(fruit.edges.length)

    const boxes = boxesOf(svg)
    expect(boxes).toHaveLength(fruit.nodes.length + words.length)
    const overlaps = boxes.flatMap((a, i) =>
      boxes.slice(i + 1).flatMap((b) => {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top
        return apart ? [] : [`${a.name} overlaps ${b.name}`]
      }),
    )
    expect(overlaps).toEqual([])
    expect(
      boxes.filter(({ left, right, top, bottom }) => left < 0 || right > width || top < 0 || bottom > height),
    ).toEqual([])
  })

  test('what is given first comes first', async () => {
    const svg = await graphPicture({ ...fruit, direction })
    const across = direction === 'right' ? 'y' : 'x'
    const at = (text: string) => Number(svg.match(new RegExp(`<text[^>]* ${across}="([\\d.]+)"[^>]*>${text}<`))?.[1])
    expect([at('apples') < at('oranges'), at('apple') < at('orange')]).toEqual([true, true])
  })

  test('the same graph has the same text', async () => {
    expect(await graphPicture({ ...fruit, direction })).toBe(await graphPicture({ ...fruit, direction }))
  })

  test('two edges between the same nodes, a node alone', async () => {
    const nodes = ['x', 'square', 'alone'].map((id) => ({ id, label: id }))
    const edges = [
      { from: 'x', to: 'square', label: '3' },
      { from: 'x', to: 'square', label: '3' },
    ]
    const svg = await graphPicture({ nodes, edges, direction })
    const paths = [...svg.matchAll(/<path d="([^"]+)"/g)].map(([, path]) => path)
    expect(new Set(paths).size).toBe(2)
    expect(textsOf(svg)).toContain('alone')
  })
})

test('a sign is a circle, a layer of so short a name a box', async () => {
  const nodes = [
    { id: 'a', label: '∂' },
    { id: 'b', label: 'f', kind: 'layer' as const },
  ]
  const boxes = boxesOf(await graphPicture({ nodes, edges: [{ from: 'a', to: 'b' }] })).map(({ name }) =>
    name.slice(0, 5),
  )
  expect(boxes).toEqual(['<rect', '<circ'])
})

test('texts cannot leave their element', async () => {
  const nodes = [
    { id: '__proto__', label: hostile },
    { id: hostile, label: '+' },
  ]
  const edges = [{ from: '__proto__', to: hostile, label: hostile, backwardLabel: hostile }]
  const svg = await graphPicture({ title: hostile, nodes, edges })
  expect(svg).not.toContain('<script')
  expect(textsOf(svg).filter((text) => text === harmless).length).toBeGreaterThanOrEqual(3)
  draw(svg)
})

const nodes = [
  { id: 'a', label: 'a' },
  { id: 'b', label: 'b' },
]
const edge = { from: 'a', to: 'b' }
test.each([
  ['no nodes', { nodes: [], edges: [] }, /nodes is \[\]/],
  ['an unknown end', { nodes, edges: [{ from: 'a', to: 'c' }] }, /edges\[0\]\.to is "c", expected the id of a node/],
  ['two nodes of one id', { nodes: [...nodes, { id: 'a', label: '' }], edges: [] }, /two nodes have the id "a"/],
  ['a cycle', { nodes, edges: [edge, { from: 'b', to: 'a' }] }, /without cycles/],
  ['an edge to itself', { nodes, edges: [{ from: 'a', to: 'a' }] }, /without cycles/],
  ['a kind', { nodes: [{ id: 'a', label: 'a', kind: 'constructor' as never }], edges: [] }, /kind is "constructor"/],
  ['a direction', { nodes, edges: [edge], direction: 'up' as never }, /direction is "up"/],
  ['edges that are no array', { nodes, edges: undefined as never }, /edges is undefined/],
])('refuses %s', async (_, graph, message) => {
  const failure = await failureOf(() => graphPicture(graph))
  expect(failure.code).toBe('ERR_ARGUMENT')
  expect(failure.message).toMatch(message)
})
