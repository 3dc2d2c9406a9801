package io.sparkpeft.spark.eval;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.eval.Request;
import io.sparkpeft.eval.RequestEncoder;
import io.sparkpeft.eval.TokenizedRequest;
import io.sparkpeft.model.Continuation;
import io.sparkpeft.model.Likelihoods;
import io.sparkpeft.model.LogLikelihood;
import io.sparkpeft.text.PromptTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A served model at work in one task. */
public final class TaskModel implements AutoCloseable {
  /** What an error calls the task that a request belongs to. */
  private static final String NAME = "lora_loglik";

  private final ServedModel served;
  private final SharedModel shared;
  private final AdapterShelf shelf;

  TaskModel(ServedModel served) {
    this.served = served;
    this.shared = SharedModel.enter(served.answerer().spec());
    this.shelf = new AdapterShelf(shared.model());
  }

  /**
   * A prompt and, to be scored, an answer.
   *
   * @param adapter that is asked, see {@link AdapterNames}
   * @param answer empty text where it is to be generated
   */
  public record Call(String adapter, String prompt, String answer) {}

  /**
   * The answers to prompts, in their order. Where chance decides, an answer depends on the seed and
   * the prompt's text.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65, 66) if an adapter is missing or does not fit,
   *     or a prompt is longer than the model's context
   */
  public List<String> generate(List<Call> calls) {
    List<NumberedPrompt> prompts =
        calls.stream().map(call -> NumberedPrompt.ofText(question(call))).toList();
    return served.answerer().answer(shared.model(), shelf, prompts).stream()
        .map(Generation.Answer::answer)
        .toList();
  }

  /**
   * The log-likelihoods of given answers, in nats, as an evaluation scores its choices: without the
   * end of sequence.
   *
   * @throws io.sparkpeft.base.SparkPeftException as {@link #generate}; (65) for an answer without a
   *     token
   */
  public List<Double> logLikelihoods(List<Call> calls) {
    List<Question> questions = calls.stream().map(this::question).toList();
    shelf.have(questions);
    List<Optional<Adapter>> adapters =
        questions.stream().map(question -> shelf.adapter(question.adapterFolder())).toList();
    RequestEncoder encoder = shared.model().requestEncoder();
    List<Continuation> texts = new ArrayList<>();
    for (Call call : calls) {
      TokenizedRequest request = encoder.encode(request(call));
      texts.add(new Continuation(request.tokens(), request.from()));
    }
    return Likelihoods.score(shared.model().decoder(), adapters, texts).stream()
        .map(LogLikelihood::sum)
        .toList();
  }

  private Question question(Call call) {
    return served.names().question(call.prompt(), call.adapter());
  }

  private Request request(Call call) {
    if (served.answerer().raw()) {
      return new Request(NAME, 0, 0, call.prompt(), call.answer());
    }
    PromptTemplate template = served.answerer().template(shared.model().tokenizer());
    PromptTemplate.Answered text = template.answered(call.prompt(), call.answer());
    return new Request(NAME, 0, 0, text.before(), text.answer());
  }

  @Override
  public void close() {
    shelf.close();
    shared.close();
  }
}
