package io.sparkpeft.convert;

/**
 * The heads of an attention with grouped queries.
 *
 * @param queries heads of the queries
 * @param groups heads of keys and values, each of which serves as many queries
 * @param size features of one head
 */
record Heads(long queries, long groups, long size) {

  /** What a group has one or several heads of. */
  enum Part {
    QUERY,
    KEY,
    VALUE
  }

  /** Features of one group. */
  long width(Part part) {
    return part == Part.QUERY ? queries / groups * size : size;
  }

  /** Features of all groups. */
  long totalWidth(Part part) {
    return groups * width(part);
  }

  /** Features of queries, keys and values. */
  long totalWidth() {
    return (queries + 2 * groups) * size;
  }
}
