package io.sparkpeft.api;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.model.GenerationSettings;
import io.sparkpeft.model.Generator;
import io.sparkpeft.model.Prompt;
import io.sparkpeft.model.PromptCache;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.eval.AdapterNames;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.text.Example;
import io.sparkpeft.text.Labels;
import io.sparkpeft.text.Message;
import io.sparkpeft.text.PromptTemplate;
import io.sparkpeft.text.StopStrings;
import io.sparkpeft.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A conversation with a model in this process, without Spark. The thread that opened it talks; any
 * other may interrupt an answer.
 */
public final class Chat implements AutoCloseable {
  private final Recipe recipe;
  private final NDManager manager;
  private final LoadedBase base;
  private final Tokenizer tokenizer;
  private final PromptTemplate template;
  private final List<Message> history = new ArrayList<>();
  private final PromptCache cache = new PromptCache();
  private Optional<Adapter> adapter = Optional.empty();
  private long answers;
  private volatile boolean interrupted;

  /**
   * What the model said.
   *
   * @param text without special tokens and stop strings
   * @param promptTokens that the answer follows
   * @param cachedTokens of these, which the model had read already
   * @param tokens of the answer
   * @param seconds that it took
   * @param forgotten messages that the model's context had no room for any more
   */
  public record Reply(
      String text, int promptTokens, int cachedTokens, int tokens, double seconds, int forgotten) {}

  private Chat(Recipe recipe, NDManager manager) {
    Path folder = recipe.model().folder();
    this.recipe = recipe;
    this.manager = manager;
    this.base =
        LoadedBase.load(
            manager,
            folder,
            recipe.base().quantization(),
            LoadedBase.arithmetic(folder, recipe.model().dtype().name(), Device.cpu()));
    this.tokenizer = Tokenizer.open(folder);
    this.template = PromptTemplate.of(recipe.data().template(), tokenizer.files());
  }

  /**
   * Loads model and adapter.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65, 66) if one of them is missing or broken, or
   *     they do not fit; (78) if the adapter was trained with another template
   */
  public static Chat open(Recipe recipe) {
    Engine.prepareThread();
    NDManager manager = Engine.newManager(Device.cpu());
    try {
      Chat chat = new Chat(recipe, manager);
      recipe.adapter().folder().ifPresent(folder -> chat.use(Optional.of(folder)));
      return chat;
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** Whether the model is shown what was said before; otherwise every question stands alone. */
  public boolean remembers() {
    return !recipe.generate().raw() && template.hasTurns();
  }

  /**
   * Lets another adapter answer from now on; the conversation goes on.
   *
   * @param name {@code __base__} for none, one of several in {@code adapter.path}, or a folder
   * @throws io.sparkpeft.base.SparkPeftException as {@link #open}; the one before then stays
   */
  public void use(String name) {
    use(AdapterNames.in(recipe.adapter().folder()).folder(name));
  }

  private void use(Optional<Path> folder) {
    Optional<Adapter> next = folder.map(this::load);
    cache.clear();
    adapter.ifPresent(Adapter::close);
    adapter = next;
  }

  private Adapter load(Path folder) {
    if (!recipe.generate().raw()) {
      TemplateAgreement.require(folder, template);
    }
    return Adapters.load(manager, folder, base.baseModel(), base.frozenTensors());
  }

  /** Forgets what was said. */
  public void reset() {
    history.clear();
  }

  /** Ends the answer under way after its next token. */
  public void interrupt() {
    interrupted = true;
  }

  /**
   * Answers.
   *
   * @param listener gets the answer piece by piece as it grows
   * @throws io.sparkpeft.base.SparkPeftException (65) if the text alone is longer than the model's
   *     context; it is then forgotten
   */
  public Reply say(String text, Consumer<String> listener) {
    long begin = System.nanoTime();
    interrupted = false;
    if (!remembers()) {
      history.clear();
    }
    int before = history.size();
    history.add(new Message(Message.USER, text));
    try {
      Prompt prompt = new Prompt(prompt(), answers++, adapter);
      int forgotten = before + 1 - history.size();
      StreamedAnswer stream = new StreamedAnswer(tokenizer, stops(), listener, () -> interrupted);
      int cached = cache.shared(base.decoder(), prompt);
      int[] said = Generator.generate(base.decoder(), prompt, settings(stream), cache);
      String answer = stream.ended(prompt.tokens(), said);
      history.add(new Message(Message.ASSISTANT, answer));
      return new Reply(
          answer,
          prompt.tokens().length,
          cached,
          said.length,
          (System.nanoTime() - begin) / 1e9,
          forgotten);
    } catch (RuntimeException e) {
      history.remove(history.size() - 1);
      throw e;
    }
  }

  private StopStrings stops() {
    return new StopStrings(recipe.generate().stopStrings());
  }

  /** What the model reads; the oldest turns are forgotten until an answer has room behind it. */
  private int[] prompt() {
    int room = base.decoder().contextLength(adapter) - recipe.generate().maxNewTokens();
    int[] tokens = tokens();
    while (tokens.length > room && history.size() > 2) {
      history.subList(0, 2).clear();
      tokens = tokens();
    }
    return tokens;
  }

  private int[] tokens() {
    return recipe.generate().raw()
        ? Labels.raw(tokenizer, history.get(0).content())
        : Labels.prompt(tokenizer, template, new Example.Conversation(history));
  }

  private GenerationSettings settings(StreamedAnswer stream) {
    return new GenerationSettings(
        recipe.generate().maxNewTokens(),
        base.config().stopIds(tokenizer.eosId()),
        recipe.sampling(),
        stream);
  }

  @Override
  public void close() {
    cache.close();
    adapter.ifPresent(Adapter::close);
    tokenizer.close();
    manager.close();
  }
}
