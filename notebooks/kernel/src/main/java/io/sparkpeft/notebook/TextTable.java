package io.sparkpeft.notebook;

import io.sparkpeft.notebook.Html.Cell;
import java.util.ArrayList;
import java.util.List;

/** A table in plain text. */
final class TextTable {
  private TextTable() {}

  static String of(List<String> heads, List<List<Cell>> rows) {
    List<List<Cell>> all = new ArrayList<>();
    all.add(heads.stream().map(Cell::of).toList());
    all.addAll(rows);
    int[] widths = new int[heads.size()];
    for (List<Cell> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], text(row.get(i)).length());
      }
    }
    StringBuilder table = new StringBuilder();
    for (List<Cell> row : all) {
      table.append(line(row, widths)).append('\n');
    }
    return table.toString();
  }

  private static String line(List<Cell> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String room = " ".repeat(widths[i] - text(row.get(i)).length());
      line.append(row.get(i).right() ? room + text(row.get(i)) : text(row.get(i)) + room);
      line.append("  ");
    }
    return line.toString().stripTrailing();
  }

  private static String text(Cell cell) {
    return cell.text().replace("\n", "\\n");
  }
}
