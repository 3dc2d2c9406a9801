package io.sparkpeft.weights.torch;

import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.torch.Pickled.Dictionary;
import io.sparkpeft.weights.torch.Pickled.Items;
import io.sparkpeft.weights.torch.Pickled.Named;
import io.sparkpeft.weights.torch.Pickled.Other;
import io.sparkpeft.weights.torch.Pickled.Storage;
import io.sparkpeft.weights.torch.Pickled.Text;
import io.sparkpeft.weights.torch.Pickled.View;
import io.sparkpeft.weights.torch.Pickled.Whole;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Runs a pickle as far as a dictionary of tensors needs it: the instructions that torch.save writes
 * for one (protocol 2) and those that Lit-GPT's own saver did (protocol 5), and of Python's names
 * those of {@link Named}. Everything else ends the reading. Nothing is ever called: what Python
 * would rebuild is described. (Python's pickletools documents the instructions;
 * torch/serialization.py the archive.)
 */
final class Unpickler {
  private static final Pattern STORAGE_KEY = Pattern.compile("\\d{1,9}");
  private static final int FIRST_PROTOCOL = 2;
  private static final int LAST_PROTOCOL = 5;

  /** Under which trainers keep the model, beside an optimizer's state and counts of steps. */
  private static final String MODEL = "model";

  private final Path file;
  private final ByteBuffer code;
  private final List<Pickled> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Integer, Pickled> memo = new HashMap<>();

  private Unpickler(Path file, byte[] code) {
    this.file = file;
    this.code = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The tensors of a pickled dictionary.
   *
   * @param file named in errors
   * @throws io.sparkpeft.base.SparkPeftException (65) if the pickle is broken, holds anything else,
   *     or asks for anything else
   */
  static Map<String, View> tensors(Path file, byte[] code) {
    Unpickler unpickler = new Unpickler(file, code);
    try {
      return unpickler.requireTensors(unpickler.run());
    } catch (BufferUnderflowException e) {
      throw unpickler.broken("Its pickle ends in the middle of an instruction.");
    } catch (ArithmeticException e) {
      throw unpickler.broken("A tensor's shape is larger than any memory.");
    }
  }

  private Map<String, View> requireTensors(Pickled result) {
    if (!(result instanceof Dictionary dictionary)) {
      throw broken("It holds no dictionary of tensors.");
    }
    if (dictionary.values().get(MODEL) instanceof Dictionary model) {
      return requireTensors(model);
    }
    Map<String, View> tensors = new LinkedHashMap<>();
    dictionary
        .values()
        .forEach(
            (name, value) -> {
              if (!(value instanceof View view)) {
                throw broken("What it holds as " + name + " is no tensor.");
              }
              tensors.put(name, view);
            });
    return tensors;
  }

  private Pickled run() {
    while (true) {
      int instruction = Byte.toUnsignedInt(code.get());
      if (instruction == '.') {
        return pop();
      }
      perform(instruction);
    }
  }

  private void perform(int instruction) {
    switch (instruction) {
      case 0x80 -> requireProtocol(Byte.toUnsignedInt(code.get()));
      case 0x95 -> code.getLong(); // a frame's length, of use to who reads from a stream
      case 'c' -> push(named(line() + "." + line()));
      case 0x93 -> push(named(pop(2)));
      case 0x94 -> memo.put(memo.size(), top());
      case 'q' -> memo.put(Byte.toUnsignedInt(code.get()), top());
      case 'r' -> memo.put(code.getInt(), top());
      case 'h' -> push(remembered(Byte.toUnsignedInt(code.get())));
      case 'j' -> push(remembered(code.getInt()));
      case '(' -> marks.push(stack.size());
      case ')' -> push(new Items(List.of()));
      case 't' -> push(new Items(popToMark()));
      case 0x85 -> push(new Items(pop(1)));
      case 0x86 -> push(new Items(pop(2)));
      case 0x87 -> push(new Items(pop(3)));
      case ']' -> push(new Items(new ArrayList<>()));
      case 'a' -> append(pop(1));
      case 'e' -> append(popToMark());
      case '}' -> push(new Dictionary(new LinkedHashMap<>()));
      case 's' -> put(pop(2));
      case 'u' -> put(popToMark());
      case 'X' -> push(new Text(text(code.getInt())));
      case 0x8c -> push(new Text(text(Byte.toUnsignedInt(code.get()))));
      case 'K' -> push(new Whole(Byte.toUnsignedInt(code.get())));
      case 'M' -> push(new Whole(Short.toUnsignedInt(code.getShort())));
      case 'J' -> push(new Whole(code.getInt()));
      case 0x8a -> push(new Whole(wideWhole(Byte.toUnsignedInt(code.get()))));
      case 'N', 0x88, 0x89 -> push(new Other());
      case 'G' -> skipReal();
      case 'Q' -> push(storage(pop()));
      case 'R' -> push(call(pop(2)));
      case 'b' -> passOverAttributes(pop());
      default ->
          throw TorchFileErrors.forbidden(
              file, "the pickle instruction 0x%02x".formatted(instruction));
    }
  }

  private void requireProtocol(int protocol) {
    if (protocol < FIRST_PROTOCOL || protocol > LAST_PROTOCOL) {
      throw broken("Its pickle has protocol " + protocol + "; torch.save writes protocol 2.");
    }
  }

  private Named named(List<Pickled> moduleAndName) {
    if (moduleAndName.get(0) instanceof Text module && moduleAndName.get(1) instanceof Text name) {
      return named(module.value() + "." + name.value());
    }
    throw broken("It names a function by what is no text.");
  }

  private Named named(String name) {
    return Named.of(name).orElseThrow(() -> TorchFileErrors.forbidden(file, "Python's " + name));
  }

  private Storage storage(Pickled id) {
    if (id instanceof Items items
        && items.values().size() == 5
        && items.values().get(0).equals(new Text("storage"))
        && items.values().get(1) instanceof Named type
        && items.values().get(4) instanceof Whole elements) {
      Dtype dtype = type.elements().orElseThrow(() -> broken("A storage is a " + type + "."));
      String key = key(items.values().get(2)); // Lit-GPT's saver writes a number
      if (!STORAGE_KEY.matcher(key).matches()) {
        throw broken("A storage is called '" + key + "'.");
      }
      return new Storage(key, dtype, elements.value());
    }
    throw broken("It refers to something outside that is no storage.");
  }

  private Pickled call(List<Pickled> functionAndArguments) {
    if (functionAndArguments.get(0) instanceof Named function
        && functionAndArguments.get(1) instanceof Items arguments) {
      List<Pickled> values = arguments.values();
      if (function == Named.ORDERED_DICT && values.isEmpty()) {
        return new Dictionary(new LinkedHashMap<>());
      }
      if (function == Named.REBUILD_TENSOR && values.size() >= 4) {
        return view(values);
      }
      if (function == Named.REBUILD_PARAMETER
          && !values.isEmpty()
          && values.get(0) instanceof View tensor) {
        return tensor;
      }
      throw broken("It calls " + function + " with other arguments than torch.save does.");
    }
    throw broken("It calls what is no function.");
  }

  /** Arguments: storage, offset, shape, strides, and what concerns training. */
  private View view(List<Pickled> arguments) {
    if (!(arguments.get(0) instanceof Storage storage)
        || !(arguments.get(1) instanceof Whole offset)) {
      throw broken("A tensor has no storage.");
    }
    long[] shape = wholes(arguments.get(2));
    long[] strides = wholes(arguments.get(3));
    View view = new View(storage, offset.value(), shape, strides);
    requireWithin(storage, view);
    return view;
  }

  private void requireWithin(Storage storage, View view) {
    boolean sound = view.shape().length == view.strides().length && view.offset() >= 0;
    long last = view.offset();
    for (int axis = 0; sound && axis < view.shape().length; axis++) {
      long size = view.shape()[axis];
      long stride = view.strides()[axis];
      sound = size >= 0 && stride >= 0;
      last = Math.addExact(last, Math.multiplyExact(Math.max(0, size - 1), stride));
    }
    // A stride of 0 could make any number of values out of one.
    long elements = sound ? view.elements() : 0;
    boolean within = elements == 0 || (last < storage.elements() && elements <= storage.elements());
    if (!sound || !within) {
      throw broken("A tensor reaches beyond its storage of " + storage.elements() + " values.");
    }
  }

  private long[] wholes(Pickled value) {
    if (!(value instanceof Items items)) {
      throw broken("A tensor's shape is no tuple.");
    }
    return items.values().stream()
        .mapToLong(
            item -> {
              if (item instanceof Whole whole) {
                return whole.value();
              }
              throw broken("A tensor's shape is not of whole numbers.");
            })
        .toArray();
  }

  /** An OrderedDict's {@code _metadata}: versions of layers. */
  private void passOverAttributes(Pickled attributes) {
    if (!(attributes instanceof Dictionary) || !(top() instanceof Dictionary)) {
      throw broken("It sets attributes of what is no dictionary.");
    }
  }

  private void put(List<Pickled> keysAndValues) {
    if (!(top() instanceof Dictionary dictionary) || keysAndValues.size() % 2 != 0) {
      throw broken("It puts entries into what is no dictionary.");
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      dictionary.values().put(key(keysAndValues.get(i)), keysAndValues.get(i + 1));
    }
  }

  /** A text; in an optimizer's state a number. */
  private String key(Pickled key) {
    if (key instanceof Text text) {
      return text.value();
    }
    if (key instanceof Whole whole) {
      return Long.toString(whole.value());
    }
    throw broken("A key is neither text nor number.");
  }

  private void append(List<Pickled> values) {
    if (!(top() instanceof Items list) || !(list.values() instanceof ArrayList)) {
      throw broken("It appends to what is no list.");
    }
    list.values().addAll(values);
  }

  private void skipReal() {
    code.getDouble();
    push(new Other());
  }

  private long wideWhole(int bytes) {
    if (bytes > Long.BYTES) {
      throw broken("A number has " + bytes + " bytes.");
    }
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      long digit = Byte.toUnsignedLong(code.get());
      value |= digit << (8 * i);
    }
    int unused = 64 - 8 * bytes;
    return bytes == 0 ? 0 : value << unused >> unused;
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (char next = (char) code.get(); next != '\n'; next = (char) code.get()) {
      line.append(next);
    }
    return line.toString();
  }

  private String text(int bytes) {
    if (bytes < 0 || bytes > code.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] text = new byte[bytes];
    code.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private void push(Pickled value) {
    stack.add(value);
  }

  private Pickled top() {
    requireOnStack(1);
    return stack.get(stack.size() - 1);
  }

  private Pickled pop() {
    return pop(1).get(0);
  }

  private List<Pickled> pop(int count) {
    requireOnStack(count);
    List<Pickled> tail = stack.subList(stack.size() - count, stack.size());
    List<Pickled> popped = List.copyOf(tail);
    tail.clear();
    return popped;
  }

  private List<Pickled> popToMark() {
    if (marks.isEmpty()) {
      throw broken("Its pickle is out of order.");
    }
    return pop(stack.size() - marks.pop());
  }

  /** Nothing is taken from below a mark. */
  private void requireOnStack(int count) {
    int bottom = marks.isEmpty() ? 0 : marks.peek();
    if (count < 0 || stack.size() - bottom < count) {
      throw broken("Its pickle is out of order.");
    }
  }

  private Pickled remembered(int place) {
    Pickled value = memo.get(place);
    if (value == null) {
      throw broken("Its pickle is out of order.");
    }
    return value;
  }

  private io.sparkpeft.base.SparkPeftException broken(String why) {
    return TorchFileErrors.broken(file, why);
  }
}
