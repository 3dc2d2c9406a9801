package io.sparkpeft.spark.table;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A version of a token table in numbers.
 *
 * @param prepared what prepare said when it wrote it
 * @param lengths how many examples of either split have so many tokens
 */
public record TokenTableSummary(PrepareResult prepared, SortedMap<Integer, Long> lengths) {
  public TokenTableSummary {
    lengths = Collections.unmodifiableSortedMap(new TreeMap<>(lengths));
  }
}
