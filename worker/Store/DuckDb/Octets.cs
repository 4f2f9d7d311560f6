using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Octets from the wire as the UTF-8 that a text column must hold, and back without loss.</summary>
/// <remarks>An octet that is not part of valid UTF-8 is kept as the private-use character U+10FE00 + octet. These
/// characters themselves, should they come on the wire, are kept as four such octets. So a column holds a text that is
/// valid UTF-8 and free of them exactly as it was, and what can be said of its octets (equal, begins, contains, ends)
/// can be said of the column.</remarks>
internal static class Octets
{
    /// <summary>An octet becomes at most so many.</summary>
    public const int GrowthMax = 4;

    private const int First = 0x10FE00;
    private const int Last = First + 0xFF;

    // UTF-8 of U+10FE00 … U+10FEFF: F4 8F B8..BB 80..BF.
    private const byte Lead = 0xF4;

    public static bool IsPlain(ReadOnlySpan<byte> octets) => Utf8.IsValid(octets)
        && (octets.IndexOf(Lead) < 0 || octets.IndexOf([Lead, (byte)0x8F]) < 0);

    /// <returns>Bytes written.</returns>
    public static int Keep(ReadOnlySpan<byte> octets, Span<byte> target)
    {
        var written = 0;
        while (!octets.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(octets, out var rune, out var taken);
            if (status == OperationStatus.Done && rune.Value is < First or > Last)
            {
                octets[..taken].CopyTo(target[written..]);
                written += taken;
            }
            else
            {
                foreach (var octet in octets[..taken])
                {
                    written += new Rune(First + octet).EncodeToUtf8(target[written..]);
                }
            }

            octets = octets[taken..];
        }

        return written;
    }

    /// <returns>Bytes written, never more than there were.</returns>
    public static int GiveBack(ReadOnlySpan<byte> kept, Span<byte> target)
    {
        var written = 0;
        while (!kept.IsEmpty)
        {
            var next = kept.IndexOf([Lead, (byte)0x8F]);
            if (next < 0 || next + 4 > kept.Length) next = kept.Length;
            kept[..next].CopyTo(target[written..]);
            written += next;
            kept = kept[next..];
            if (kept.IsEmpty) break;

            if (kept[2] is >= 0xB8 and <= 0xBB)
            {
                target[written++] = (byte)((kept[2] & 3) << 6 | kept[3] & 0x3F);
            }
            else
            {
                kept[..4].CopyTo(target[written..]);
                written += 4;
            }

            kept = kept[4..];
        }

        return written;
    }
}
