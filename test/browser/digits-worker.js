// The program in a worker: takes digits, answers with what came of them.

import { trainOnDigits } from './digits-program.js'

addEventListener('message', async ({ data: { pixels, labels } }) => postMessage(await trainOnDigits(pixels, labels)))
