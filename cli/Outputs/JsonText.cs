using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace NetSniff.Cli.Outputs;

/// <summary>Captured text as a JSON value, whatever its bytes.</summary>
internal static class JsonText
{
    /// <summary>Escapes what JSON wants escaped, control characters among it, and leaves other letters as they are.
    /// </summary>
    public static JsonWriterOptions Options { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Text that is not UTF-8 has each byte above 7f written as `\xNN`, in the manner of Suricata, so that
    /// nothing of it is lost.</summary>
    public static void WriteValue(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        if (Utf8.IsValid(text))
        {
            json.WriteStringValue(text);
            return;
        }

        var escaped = ArrayPool<byte>.Shared.Rent(4 * text.Length);
        json.WriteStringValue(escaped.AsSpan(0, Escape(text, escaped)));
        ArrayPool<byte>.Shared.Return(escaped);
    }

    private static int Escape(ReadOnlySpan<byte> text, Span<byte> escaped)
    {
        var used = 0;
        foreach (var octet in text)
        {
            if (octet < 0x80)
            {
                escaped[used++] = octet;
                continue;
            }

            escaped[used++] = (byte)'\\';
            escaped[used++] = (byte)'x';
            escaped[used++] = HexDigit(octet >> 4);
            escaped[used++] = HexDigit(octet & 0xF);
        }

        return used;
    }

    public static byte HexDigit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);
}
