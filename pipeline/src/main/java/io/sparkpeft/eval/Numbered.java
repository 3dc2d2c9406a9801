package io.sparkpeft.eval;

import java.util.List;
import java.util.stream.IntStream;

/** Documents out of records, numbered in the file's order. */
final class Numbered {
  private Numbered() {}

  @FunctionalInterface
  interface Reader<T> {
    Document document(int id, T item);
  }

  static <T> List<Document> map(List<T> items, Reader<T> reader) {
    return IntStream.range(0, items.size())
        .mapToObj(id -> reader.document(id, items.get(id)))
        .toList();
  }
}
