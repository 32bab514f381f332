import { LineChart as LineSeries } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { type ECharts, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import type { MetricValue } from '../../contract/query.ts'

use([LineSeries, GridComponent, TooltipComponent, SVGRenderer])

interface LineChartProps {
  readonly points: readonly { label: string; now: MetricValue; before: MetricValue }[]
  readonly name: string
  readonly format: (value: MetricValue) => string
  readonly scheme: 'light' | 'dark'
}

const COLORS = {
  light: {
    line: '#0f766e',
    before: '#a3b1b8',
    axis: '#6b7780',
    grid: '#eceff1',
    card: '#ffffff',
    text: '#1b2224',
  },
  dark: {
    line: '#43c5b1',
    before: '#566168',
    axis: '#8b979e',
    grid: '#252b2e',
    card: '#22282b',
    text: '#e8ecee',
  },
}

export default function LineChart({ points, name, format, scheme }: LineChartProps) {
  const element = useRef<HTMLDivElement>(null)
  const chart = useRef<ECharts>(null)

  useEffect(() => {
    if (!element.current) return
    const made = init(element.current, null, { renderer: 'svg' })
    chart.current = made
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(element.current)
    return () => {
      observer.disconnect()
      made.dispose()
    }
  }, [])

  useEffect(() => {
    const color = COLORS[scheme]
    chart.current?.setOption({
      animation: false,
      grid: { left: 4, right: 12, top: 16, bottom: 4, containLabel: true },
      tooltip: {
        trigger: 'axis',
        renderMode: 'richText',
        backgroundColor: color.card,
        borderColor: color.grid,
        textStyle: { color: color.text, fontSize: 13 },
        valueFormatter: (value: unknown) => format(typeof value === 'number' ? value : null),
      },
      xAxis: {
        type: 'category',
        boundaryGap: false,
        data: points.map((point) => point.label),
        axisLine: { lineStyle: { color: color.grid } },
        axisTick: { show: false },
        axisLabel: { color: color.axis, hideOverlap: true },
      },
      yAxis: {
        type: 'value',
        min: 0,
        minInterval: name === 'Views per visit' ? 0 : 1,
        splitNumber: 4,
        splitLine: { lineStyle: { color: color.grid } },
        axisLabel: { color: color.axis, formatter: (value: number) => format(value) },
      },
      series: [
        {
          name: 'Before',
          type: 'line',
          data: points.map((point) => point.before),
          showSymbol: false,
          lineStyle: { type: 'dashed', width: 1.5, color: color.before },
          itemStyle: { color: color.before },
        },
        {
          name,
          type: 'line',
          data: points.map((point) => point.now),
          showSymbol: false,
          lineStyle: { width: 2.5, color: color.line },
          itemStyle: { color: color.line },
          areaStyle: { color: color.line, opacity: 0.1 },
        },
      ],
    })
  }, [points, name, format, scheme])

  return <div ref={element} style={{ height: 280 }} />
}
