package io.sparkpeft.spark.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.text.Example;
import io.sparkpeft.text.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One JSON record to an example, by the names that instruction data sets use:
 *
 * <ul>
 *   <li>instruction: {@code instruction}, {@code prompt}, {@code question}, else {@code context}
 *   <li>input: {@code input}, else {@code context} beside one of the first three
 *   <li>output: {@code output}, {@code completion}, {@code response}, {@code answer}
 *   <li>or turns: {@code messages} or {@code conversations}, of {@code role} and {@code content} or
 *       {@code from} and {@code value}; {@code human} is the user, {@code gpt} the assistant
 * </ul>
 */
final class RecordParser {
  private static final List<String> INSTRUCTION = List.of("instruction", "prompt", "question");
  private static final List<String> OUTPUT = List.of("output", "completion", "response", "answer");
  private static final List<String> TURNS = List.of("messages", "conversations");
  private static final String CONTEXT = "context";

  private RecordParser() {}

  /** The record cannot be understood; the message says why. */
  static final class BadRecordException extends Exception {
    BadRecordException(String reason) {
      super(reason);
    }
  }

  static Example parse(String json) throws BadRecordException {
    JsonNode record = tree(json);
    if (!record.isObject()) {
      throw new BadRecordException("it is no JSON object");
    }
    for (String name : TURNS) {
      if (record.hasNonNull(name)) {
        return conversation(record.get(name), name);
      }
    }
    return instruction(record);
  }

  private static JsonNode tree(String json) throws BadRecordException {
    try {
      return Json.parse(json);
    } catch (JsonProcessingException e) {
      throw new BadRecordException(
          "broken JSON at column "
              + e.getLocation().getColumnNr()
              + ", "
              + e.getOriginalMessage().lines().findFirst().orElse(""));
    }
  }

  private static Example instruction(JsonNode record) throws BadRecordException {
    Optional<String> instruction = text(record, INSTRUCTION);
    Optional<String> context = text(record, List.of(CONTEXT));
    Optional<String> input = text(record, List.of("input"));
    Optional<String> output = text(record, OUTPUT);
    if (instruction.isEmpty() && context.isEmpty()) {
      throw new BadRecordException(
          "it has no question field (" + String.join(", ", INSTRUCTION) + " or " + CONTEXT + ")");
    }
    if (output.isEmpty()) {
      throw new BadRecordException("it has no answer field (" + String.join(", ", OUTPUT) + ")");
    }
    String beside = instruction.isPresent() ? input.or(() -> context).orElse("") : input.orElse("");
    return new Example.Instruction(
        instruction.or(() -> context).orElseThrow(), beside, output.get());
  }

  private static Example conversation(JsonNode turns, String name) throws BadRecordException {
    List<Message> messages = new ArrayList<>();
    for (JsonNode turn : turns) {
      Optional<String> role = text(turn, List.of("role", "from"));
      Optional<String> content = text(turn, List.of("content", "value"));
      if (role.isEmpty() || content.isEmpty()) {
        throw new BadRecordException(
            "turn " + (messages.size() + 1) + " of " + name + " has no role or no content");
      }
      messages.add(new Message(role(role.get()), content.get()));
    }
    if (messages.stream().noneMatch(m -> m.role().equals("assistant"))) {
      throw new BadRecordException("no turn of " + name + " is the assistant's");
    }
    return new Example.Conversation(messages);
  }

  private static String role(String role) {
    return switch (role) {
      case "human" -> "user";
      case "gpt" -> "assistant";
      default -> role;
    };
  }

  /** The first of these fields that is there; null counts as absent. */
  private static Optional<String> text(JsonNode record, List<String> names)
      throws BadRecordException {
    for (String name : names) {
      if (record.hasNonNull(name)) {
        if (!record.get(name).isValueNode()) {
          throw new BadRecordException("its " + name + " is no text");
        }
        return Optional.of(record.get(name).asText());
      }
    }
    return Optional.empty();
  }
}
