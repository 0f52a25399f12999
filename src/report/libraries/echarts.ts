// The part of Apache ECharts that the charts use, rendered as SVG text without a browser. The build bundles it.

import { BarChart, type BarSeriesOption, LineChart, type LineSeriesOption } from 'echarts/charts'
import {
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  TitleComponent,
  type TitleComponentOption,
} from 'echarts/components'
import { type ComposeOption, init, setPlatformAPI, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, GridComponent, LegendComponent, LineChart, SVGRenderer, TitleComponent])

export type { BarSeriesOption, LineSeriesOption }
export type ChartOption = ComposeOption<
  BarSeriesOption | GridComponentOption | LegendComponentOption | LineSeriesOption | TitleComponentOption
>
export { init, setPlatformAPI }
