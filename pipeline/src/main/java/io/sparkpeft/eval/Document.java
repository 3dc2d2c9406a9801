package io.sparkpeft.eval;

import java.util.List;
import java.util.stream.IntStream;

/**
 * One item of a task, in the form in which it is scored.
 *
 * @param id its place in the task's file, from 0
 * @param context the prompt; empty where the bare continuation is scored
 * @param choices the continuations, in the task's order; at least one
 */
public record Document(int id, String context, List<Choice> choices) {

  public Document {
    choices = List.copyOf(choices);
  }

  /** One request per choice, in order. */
  public List<Request> requests(String task) {
    return IntStream.range(0, choices.size())
        .mapToObj(i -> new Request(task, id, i, context, choices.get(i).continuation()))
        .toList();
  }
}
