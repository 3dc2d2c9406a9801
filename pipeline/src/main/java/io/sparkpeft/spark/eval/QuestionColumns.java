package io.sparkpeft.spark.eval;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * Where the questions stand in the rows of a table.
 *
 * @param prompt column of the prompts
 * @param adapter column that names adapters; none or one: an Optional does not travel
 * @param names what that column may say
 * @param otherwise folder of the adapter that is asked where no column names one, or an empty text
 */
record QuestionColumns(int prompt, List<Integer> adapter, AdapterNames names, String otherwise)
    implements Serializable {

  static QuestionColumns of(StructType schema, String column, GenerateSettings settings) {
    return new QuestionColumns(
        schema.fieldIndex(column),
        settings.adapterColumn().stream().map(schema::fieldIndex).toList(),
        AdapterNames.in(settings.adapter()),
        Question.of("", settings.adapter()).adapter());
  }

  Question question(Row row) {
    String text = row.getString(prompt);
    return adapter.isEmpty()
        ? new Question(text, otherwise)
        : names.question(text, row.getString(adapter.get(0)));
  }
}
