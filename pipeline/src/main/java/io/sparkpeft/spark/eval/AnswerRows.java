package io.sparkpeft.spark.eval;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** Adds answers to rows with prompts. */
final class AnswerRows implements MapPartitionsFunction<Row, Row> {
  private final PromptAnswerer answerer;
  private final QuestionColumns columns;

  AnswerRows(PromptAnswerer answerer, QuestionColumns columns) {
    this.answerer = answerer;
    this.columns = columns;
  }

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    List<Row> asked = new ArrayList<>();
    rows.forEachRemaining(asked::add);
    List<NumberedPrompt> prompts =
        asked.stream().map(row -> NumberedPrompt.ofText(columns.question(row))).toList();
    Iterator<Generation.Answer> answers = answerer.answer(prompts.iterator()).iterator();
    return asked.stream().map(row -> extended(row, answers.next())).iterator();
  }

  private static Row extended(Row row, Generation.Answer answer) {
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < row.size(); i++) {
      values.add(row.get(i));
    }
    values.add(answer.answer());
    values.add(answer.promptTokens());
    values.add(answer.answerTokens());
    return RowFactory.create(values.toArray());
  }
}
