namespace NetSniff.Json;

/// <summary>Octets that are no UTF-8 as text.</summary>
public static class JsonText
{
    public const int BytesPerOctetMax = 4;

    /// <summary>Writes each byte above 7f as `\xNN`.</summary>
    public static int Escape(ReadOnlySpan<byte> text, Span<byte> escaped)
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
