package io.sparkpeft.text;

import io.sparkpeft.base.Sha256;
import io.sparkpeft.text.RenderedText.Span;
import io.sparkpeft.text.jinja.JinjaException;
import io.sparkpeft.text.jinja.JinjaTemplate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Jinja template as Hugging Face's {@code apply_chat_template} renders it: from {@code messages},
 * {@code add_generation_prompt}, {@code bos_token} and {@code eos_token}; an instruction also gives
 * {@code instruction}, {@code input} and {@code output} (undefined where the answer is yet to be
 * generated).
 *
 * <p>An answer is what the text with a turn has beyond the text up to it, rendered with the
 * generation prompt; it ends after the turn's EOS, or where the turn ends. A template that renders
 * no answers gets the instruction's appended as it is.
 */
final class ChatTemplate implements PromptTemplate {
  private final String name;
  private final String source;
  private final String bos;
  private final String eos;
  private transient volatile JinjaTemplate parsed;

  private ChatTemplate(String name, String source, String bos, String eos) {
    this.name = name;
    this.source = source;
    this.bos = bos;
    this.eos = eos;
  }

  static ChatTemplate of(String name, String source, TokenizerFiles tokenizer) {
    ChatTemplate template =
        new ChatTemplate(
            name, source, tokenizer.bosText().orElse(""), tokenizer.eosText().orElse(""));
    template.parsed();
    return template;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean hasTurns() {
    return true;
  }

  @Override
  public String sha256() {
    return Sha256.of(String.join("\u0000", "jinja", source, bos, eos));
  }

  @Override
  public String prompt(Example example) {
    List<Message> messages = messages(example);
    int last = messages.size() - 1;
    boolean answered = last >= 0 && messages.get(last).fromAssistant();
    return text(example, answered ? messages.subList(0, last) : messages, true);
  }

  @Override
  public RenderedText render(Example example) {
    List<Message> messages = messages(example);
    int last = lastAnswer(messages);
    List<Message> used = messages.subList(0, last + 1);
    String text = text(example, used, false);
    if (example instanceof Example.Instruction parts && text.equals(prompt(example))) {
      return appended(text, parts.output());
    }
    List<Span> answers = new ArrayList<>();
    for (int turn = 0; turn <= last; turn++) {
      if (used.get(turn).fromAssistant()) {
        answers.add(answer(example, used, turn, text));
      }
    }
    int end = answers.get(answers.size() - 1).end();
    boolean complete = !eos.isEmpty() && text.startsWith(eos, end - eos.length());
    return new RenderedText(complete ? text.substring(0, end) : text, answers, complete);
  }

  private static RenderedText appended(String prompt, String answer) {
    String text = prompt + answer;
    return new RenderedText(text, List.of(new Span(prompt.length(), text.length())), false);
  }

  private Span answer(Example example, List<Message> messages, int turn, String text) {
    String before = text(example, messages.subList(0, turn), true);
    String through =
        turn == messages.size() - 1 ? text : text(example, messages.subList(0, turn + 1), false);
    String content = messages.get(turn).content().strip();
    int contentStart = through.indexOf(content, before.length());
    if (!text.startsWith(through) || !through.startsWith(before) || contentStart < 0) {
      throw TextErrors.answersNotFound(name);
    }
    int stop = eos.isEmpty() ? -1 : through.indexOf(eos, contentStart + content.length());
    return new Span(before.length(), stop < 0 ? through.length() : stop + eos.length());
  }

  private int lastAnswer(List<Message> messages) {
    for (int i = messages.size() - 1; i >= 0; i--) {
      if (messages.get(i).fromAssistant()) {
        return i;
      }
    }
    throw TextErrors.answersNotFound(name);
  }

  private static List<Message> messages(Example example) {
    if (example instanceof Example.Conversation conversation) {
      return conversation.messages();
    }
    Example.Instruction parts = (Example.Instruction) example;
    String question =
        parts.input().isEmpty()
            ? parts.instruction()
            : parts.instruction() + "\n\n" + parts.input();
    List<Message> messages = new ArrayList<>();
    messages.add(new Message(Message.USER, question));
    if (!parts.output().isEmpty()) {
      messages.add(new Message(Message.ASSISTANT, parts.output()));
    }
    return messages;
  }

  private String text(Example example, List<Message> messages, boolean generationPrompt) {
    Map<String, Object> variables = new LinkedHashMap<>();
    variables.put("messages", messages.stream().map(ChatTemplate::asMap).toList());
    variables.put("add_generation_prompt", generationPrompt);
    variables.put("bos_token", bos);
    variables.put("eos_token", eos);
    if (example instanceof Example.Instruction parts) {
      variables.put("instruction", parts.instruction());
      variables.put("input", parts.input());
      if (!generationPrompt) {
        variables.put("output", parts.output());
      }
    }
    try {
      return parsed().render(variables);
    } catch (JinjaException e) {
      throw TextErrors.brokenTemplate(name, e);
    }
  }

  private static Map<String, Object> asMap(Message message) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("role", message.role());
    map.put("content", message.content());
    return map;
  }

  private JinjaTemplate parsed() {
    JinjaTemplate known = parsed;
    if (known == null) {
      try {
        known = JinjaTemplate.parse(source);
      } catch (JinjaException e) {
        throw TextErrors.brokenTemplate(name, e);
      }
      parsed = known;
    }
    return known;
  }
}
