// The live page: shows what the events say, and asks for pauses and the end.

import 'uplot/dist/uPlot.min.css'
import './style.css'
import {
  type Action,
  type EpochMessage,
  isOver,
  type Messages,
  type PointMessage,
  type ProgressMessage,
  type StateMessage,
} from '../messages.js'
import { Charts } from './charts.js'
import { DrawField } from './draw-field.js'
import { byId, count, make, percent } from './elements.js'
import { beginSamples, showPredictions } from './sample-list.js'
import { eventsUrl, post } from './server.js'

const charts = new Charts()
const drawField = new DrawField()
const buttons = { pause: byId<HTMLButtonElement>('pause'), stop: byId<HTMLButtonElement>('stop') }
let epochs = 1
let state: StateMessage = { state: 'running', open: true }
let progress: ProgressMessage | undefined
let isConnected = true
const figures = new Map<string, string>()

const source = new EventSource(eventsUrl)
const on = <T extends keyof Messages>(type: T, listener: (message: Messages[T]) => void): void => {
  source.addEventListener(type, ({ data }) => listener(JSON.parse(data)))
}

on('run', (run) => {
  ;({ epochs } = run)
  progress = undefined
  byId('model').textContent = run.model
  byId('about').textContent =
    `${count(run.parameters)} parameters, ${count(epochs)} ${epochs === 1 ? 'epoch' : 'epochs'}`
  document.title = `${run.model.slice(0, 40)} – netwright`
  figures.clear()
  showFigures()
  charts.clear()
  drawField.begin(run.drawing)
  beginSamples(run.samples)
})
on('point', (point) => {
  charts.addPoint(point)
  showPoint(point)
  drawField.onLearned()
})
on('epoch', (epoch) => {
  charts.addEpoch(epoch)
  showEpoch(epoch)
})
on('progress', (message) => {
  progress = message
  showProgress()
})
on('predictions', (predictions) => {
  showPredictions(predictions)
  drawField.onLearned()
})
on('state', (message) => {
  state = message
  showState()
  if (state.open) return
  source.close()
  drawField.end()
})
source.addEventListener('open', () => {
  isConnected = true
  showState()
})
source.addEventListener('error', () => {
  if (!state.open) return
  isConnected = false
  showProgress()
  const text = source.readyState === EventSource.CLOSED ? 'disconnected' : 'connecting again'
  showBadge('connecting', text)
})

function showPoint({ loss, accuracy, lr, rate }: PointMessage): void {
  figures.set('loss', numberText(loss))
  if (accuracy !== undefined) figures.set('accuracy', shareText(accuracy))
  figures.set('learning rate', numberText(lr))
  figures.set('samples/s', count(rate))
  showFigures()
}

function showEpoch({ valLoss, valAccuracy }: EpochMessage): void {
  if (valLoss !== undefined) figures.set('validation loss', numberText(valLoss))
  if (valAccuracy !== undefined) figures.set('validation accuracy', shareText(valAccuracy))
  showFigures()
}

function showFigures(): void {
  const order = ['loss', 'accuracy', 'validation loss', 'validation accuracy', 'learning rate', 'samples/s']
  const shown = order.filter((name) => figures.has(name))
  byId('figures').replaceChildren(
    ...shown.map((name) => {
      const figure = make('div')
      const value = make('dd', figures.get(name))
      value.dataset.figure = name
      figure.append(make('dt', name), value)
      return figure
    }),
  )
}

function showProgress(): void {
  if (progress === undefined) return
  const { epoch, samples, totalSamples, steps, eta } = progress
  const share = totalSamples > 0 ? samples / totalSamples : 0
  byId<HTMLProgressElement>('bar').value = (epoch - 1 + share) / epochs
  const total = totalSamples > 0 ? ` of ${count(totalSamples)}` : ''
  const runs = isConnected && state.open && !isOver(state)
  const left = eta === undefined || !runs ? '' : ` · ${timeText(eta)} left`
  byId('progress').textContent =
    `epoch ${count(epoch)} of ${count(epochs)} · ${count(samples)}${total} samples · step ${count(steps)}${left}`
  byId('progress').dataset.steps = `${steps}`
}

function showState(): void {
  const { open, reason } = state
  const over = isOver(state)
  const name = over || open ? state.state : 'closed'
  showBadge(name, name)
  buttons.pause.textContent = state.state === 'paused' ? 'Resume' : 'Pause'
  buttons.pause.disabled = over || !open
  buttons.stop.textContent = over && open ? 'Close' : 'Stop'
  buttons.stop.disabled = !open
  showProgress()
  if (over && reason === undefined) byId<HTMLProgressElement>('bar').value = 1
  const ended = over ? (reason ?? 'Training has ended') : open ? undefined : (reason ?? 'Training goes on')
  const texts = [ended, open ? undefined : 'This page is closed'].filter((text) => text !== undefined)
  byId('reason').textContent = texts.join('. ')
  byId('reason').hidden = texts.length === 0
}

function showBadge(name: string, text: string): void {
  byId('state').dataset.state = name
  byId('state').textContent = text
}

const ask = (action: Action): void => void post('/control', { action })
buttons.pause.addEventListener('click', () => ask(state.state === 'paused' ? 'resume' : 'pause'))
buttons.stop.addEventListener('click', () => ask(isOver(state) ? 'close' : 'stop'))

/** A number that JSON does not have has come as null. */
const numberText = (value: number | null): string => (value === null ? 'not finite' : `${Number(value.toPrecision(4))}`)
const shareText = (value: number | null): string => (value === null ? 'not finite' : percent(value))

/** `42 s`, `1:03` (minutes and seconds). */
function timeText(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
