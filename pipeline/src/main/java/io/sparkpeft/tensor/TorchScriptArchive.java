package io.sparkpeft.tensor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The file format of torch.jit.save, for a module without parameters: a zip of uncompressed
 * entries, among them the text of the code, which libtorch compiles when it loads the archive.
 */
final class TorchScriptArchive {
  private static final String CLASS_NAME = "Kernels";
  private static final String FORMAT_VERSION = "10\n";

  private TorchScriptArchive() {}

  static byte[] of(KernelSource source) {
    String code =
        source.linked()
            + "class %s(Module):%n".formatted(CLASS_NAME)
            + "  __parameters__ = []\n"
            + "  __buffers__ = []\n"
            + "  training : bool\n"
            + source.methods(CLASS_NAME);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "data.pkl", pickledModule());
      store(zip, "code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
      store(zip, "constants.pkl", pickledEmptyTuple());
      store(zip, "version", ascii(FORMAT_VERSION));
      store(zip, "byteorder", ascii("little"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Pickle, protocol 2, of {@code __torch__.Kernels()} with the attribute training = True. */
  private static byte[] pickledModule() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x80, 2}); // PROTO 2
    out.writeBytes(ascii("c__torch__\n" + CLASS_NAME + "\n")); // GLOBAL: the class
    out.writeBytes(new byte[] {')', (byte) 0x81}); // EMPTY_TUPLE, NEWOBJ: an instance of it
    out.writeBytes(new byte[] {'}', '('}); // EMPTY_DICT, MARK: its attributes
    byte[] key = ascii("training");
    out.writeBytes(new byte[] {'X', (byte) key.length, 0, 0, 0}); // BINUNICODE
    out.writeBytes(key);
    out.writeBytes(new byte[] {(byte) 0x88, 'u', 'b', '.'}); // NEWTRUE, SETITEMS, BUILD, STOP
    return out.toByteArray();
  }

  private static byte[] pickledEmptyTuple() {
    return new byte[] {(byte) 0x80, 2, ')', '.'}; // PROTO 2, EMPTY_TUPLE, STOP
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry("kernels/" + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
