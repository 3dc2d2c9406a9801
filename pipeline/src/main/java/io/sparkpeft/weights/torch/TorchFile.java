package io.sparkpeft.weights.torch;

import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.torch.Pickled.Storage;
import io.sparkpeft.weights.torch.Pickled.View;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A dictionary of tensors that torch.save wrote: {@code adapter_model.bin}, {@code
 * consolidated.00.pth}, {@code lit_model.pth}. An archive of a pickle, which describes the tensors,
 * and of their storages. Of a trainer's checkpoint, whose dictionary has one called {@code model},
 * these are the tensors of that.
 */
public final class TorchFile implements TensorSource {
  private static final String PICKLE = "/data.pkl";
  private static final long LONGEST_PICKLE = 256L << 20;
  private static final int PICKLE_BEGINS = 0x80;

  private final Path file;
  private final String root;
  private final Map<String, View> tensors;

  private TorchFile(Path file, String root, Map<String, View> tensors) {
    this.file = file;
    this.root = root;
    this.tensors = new TreeMap<>(tensors);
  }

  /**
   * Reads the pickle and checks that all it promises is there.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such file, (65) if it is
   *     broken, older than torch 1.6, or asks for anything but tensors
   */
  public static TorchFile open(Path file) {
    try {
      requireArchive(file);
      try (ZipFile archive = new ZipFile(file.toFile())) {
        String root = root(file, archive);
        requireLittleEndian(file, archive, root);
        byte[] pickle = stored(file, archive, root + PICKLE, LONGEST_PICKLE);
        TorchFile opened = new TorchFile(file, root, Unpickler.tensors(file, pickle));
        opened.requireStorages(archive);
        return opened;
      }
    } catch (ZipException e) {
      throw TorchFileErrors.broken(file, "Its archive is damaged: " + e.getMessage() + ".");
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  private static void requireArchive(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      if (in.read() == PICKLE_BEGINS) {
        throw TorchFileErrors.legacy(file);
      }
    } catch (NoSuchFileException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  /** The folder in which torch puts all of the archive. */
  private static String root(Path file, ZipFile archive) {
    List<String> pickles =
        archive.stream().map(ZipEntry::getName).filter(name -> name.endsWith(PICKLE)).toList();
    if (pickles.size() != 1) {
      throw TorchFileErrors.broken(file, "Its archive has " + pickles.size() + " data.pkl.");
    }
    String name = pickles.get(0);
    return name.substring(0, name.length() - PICKLE.length());
  }

  private static void requireLittleEndian(Path file, ZipFile archive, String root)
      throws IOException {
    String name = root + "/byteorder";
    if (archive.getEntry(name) != null) {
      byte[] order = stored(file, archive, name, Long.BYTES);
      if (!new String(order, StandardCharsets.US_ASCII).equals("little")) {
        throw TorchFileErrors.broken(file, "Its numbers are big-endian.");
      }
    }
  }

  private void requireStorages(ZipFile archive) {
    for (View tensor : tensors.values()) {
      Storage storage = tensor.storage();
      ZipEntry entry = archive.getEntry(nameOf(storage));
      long bytes = Math.multiplyExact(storage.elements(), (long) storage.dtype().bytes());
      if (entry == null || entry.getMethod() != ZipEntry.STORED || entry.getSize() != bytes) {
        throw TorchFileErrors.broken(
            file,
            "Its data/" + storage.key() + " is not the " + bytes + " bytes that it should be.");
      }
    }
  }

  private String nameOf(Storage storage) {
    return root + "/data/" + storage.key();
  }

  /** An entry that is not compressed, so that it is no larger than the archive. */
  private static byte[] stored(Path file, ZipFile archive, String name, long longest)
      throws IOException {
    ZipEntry entry = archive.getEntry(name);
    if (entry == null || entry.getMethod() != ZipEntry.STORED || entry.getSize() > longest) {
      throw TorchFileErrors.broken(file, "Its " + name + " is missing, compressed or too long.");
    }
    try (InputStream in = archive.getInputStream(entry)) {
      return in.readAllBytes();
    }
  }

  public Path path() {
    return file;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public TensorEntry entry(String name) {
    View view = view(name);
    return new TensorEntry(name, view.storage().dtype(), view.shape().clone());
  }

  /** Copied out of the archive by every call, and no more of it than the tensor looks into. */
  @Override
  public ByteBuffer bytes(String name) {
    View view = view(name);
    int width = view.storage().dtype().bytes();
    long span = Math.multiplyExact(view.span(), (long) width);
    if (span > Integer.MAX_VALUE) {
      throw TorchFileErrors.tensorTooLarge(file, entry(name));
    }
    ByteBuffer stored = read(nameOf(view.storage()), view.offset() * width, (int) span);
    ByteBuffer elements = view.isContiguous() ? stored : gathered(view, stored);
    return elements.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private ByteBuffer read(String name, long from, int bytes) {
    try (ZipFile archive = new ZipFile(file.toFile());
        InputStream in = archive.getInputStream(archive.getEntry(name));
        ReadableByteChannel channel = Channels.newChannel(in)) {
      in.skipNBytes(from);
      ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
      while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) {
          throw TorchFileErrors.broken(file, "Its " + name + " ends too early.");
        }
      }
      return buffer.flip();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  /**
   * Row-major, the last index running fastest.
   *
   * @param stored from the view's first element to its last
   */
  private static ByteBuffer gathered(View view, ByteBuffer stored) {
    int width = view.storage().dtype().bytes();
    ByteBuffer elements = ByteBuffer.allocateDirect(Math.toIntExact(view.elements() * width));
    long[] index = new long[view.shape().length];
    while (elements.hasRemaining()) {
      long place = 0;
      for (int axis = 0; axis < index.length; axis++) {
        place += index[axis] * view.strides()[axis];
      }
      elements.put(stored.slice(Math.toIntExact(place * width), width));
      int axis = index.length - 1;
      while (axis > 0 && index[axis] == view.shape()[axis] - 1) {
        index[axis--] = 0;
      }
      index[axis]++;
    }
    return elements.flip();
  }

  private View view(String name) {
    View view = tensors.get(name);
    if (view == null) {
      throw TorchFileErrors.missingTensor(file, name, names());
    }
    return view;
  }

  @Override
  public String toString() {
    return file + " " + Arrays.toString(tensors.keySet().toArray());
  }
}
