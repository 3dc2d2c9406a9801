/**
 * Pictures of results as SVG text: curves, bars with error bars, histograms. They stand in a page,
 * take its text's colour, and can be read on a light and on a dark one.
 */
package io.sparkpeft.chart;
