package io.sparkpeft.convert;

import io.sparkpeft.convert.Heads.Part;
import java.util.ArrayList;
import java.util.List;

/** How a linear layer that makes queries, keys and values in one orders them. */
enum QueryKeyValue {
  /** All queries, all keys, all values. */
  STACKED {
    @Override
    Rows rows(String source, Heads heads, Part part, long group) {
      long first = group * heads.width(part);
      for (Part before : Part.values()) {
        first += before.compareTo(part) < 0 ? heads.totalWidth(before) : 0;
      }
      return new Rows(source, first, heads.width(part));
    }

    @Override
    List<Rows> rows(String source, Heads heads, QueryKeyValue here) {
      List<Rows> rows = new ArrayList<>();
      for (Part part : Part.values()) {
        rows.addAll(here.rows(source, heads, part));
      }
      return rows;
    }
  },

  /** Group by group its queries, its key and its value. */
  GROUPED {
    @Override
    Rows rows(String source, Heads heads, Part part, long group) {
      long first = group * (heads.totalWidth() / heads.groups());
      for (Part before : Part.values()) {
        first += before.compareTo(part) < 0 ? heads.width(before) : 0;
      }
      return new Rows(source, first, heads.width(part));
    }

    @Override
    List<Rows> rows(String source, Heads heads, QueryKeyValue here) {
      List<Rows> rows = new ArrayList<>();
      for (long group = 0; group < heads.groups(); group++) {
        for (Part part : Part.values()) {
          rows.add(here.rows(source, heads, part, group));
        }
      }
      return rows;
    }
  };

  /** Where this order has a part of a group. */
  abstract Rows rows(String source, Heads heads, Part part, long group);

  /**
   * All rows in this order.
   *
   * @param here the order in which they lie
   */
  abstract List<Rows> rows(String source, Heads heads, QueryKeyValue here);

  /** Where this order has a part of all groups. */
  List<Rows> rows(String source, Heads heads, Part part) {
    List<Rows> rows = new ArrayList<>();
    for (long group = 0; group < heads.groups(); group++) {
      rows.add(rows(source, heads, part, group));
    }
    return Rows.joined(rows);
  }
}
