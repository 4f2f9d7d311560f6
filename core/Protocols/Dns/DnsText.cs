using System.Buffers;
using System.Buffers.Text;
using System.Text;
using NetSniff.Packets;

namespace NetSniff.Protocols.Dns;

/// <summary>Writes names and record data as text into lent room. What does not fit raises <see cref="IsCut"/>.
/// </summary>
internal ref struct DnsText(Span<byte> room)
{
    private static ReadOnlySpan<byte> HexDigits => "0123456789abcdef"u8;

    private static readonly SearchValues<byte> s_plain = SearchValues.Create(
        " !\"#$%&'()*+,-/0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    private readonly Span<byte> _room = room;

    public int Length { get; private set; }

    public bool IsCut { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _room[..Length];

    public void Byte(byte value)
    {
        if (Length < _room.Length) _room[Length++] = value;
        else IsCut = true;
    }

    public void Space() => Byte((byte)' ');

    public void Raw(scoped ReadOnlySpan<byte> text)
    {
        var fits = Math.Min(text.Length, _room.Length - Length);
        text[..fits].CopyTo(_room[Length..]);
        Length += fits;
        IsCut |= fits < text.Length;
    }

    public void Number(uint value)
    {
        if (Utf8Formatter.TryFormat(value, _room[Length..], out var written)) Length += written;
        else IsCut = true;
    }

    public void Hex(scoped ReadOnlySpan<byte> octets)
    {
        foreach (var octet in octets)
        {
            Byte(HexDigits[octet >> 4]);
            Byte(HexDigits[octet & 0xF]);
            if (IsCut) return;
        }
    }

    public void Base64(scoped ReadOnlySpan<byte> octets)
    {
        // Whole groups of three that fit; a key too long for the room is cut, not lost.
        var fits = Math.Min(octets.Length, (_room.Length - Length) / 4 * 3);
        System.Buffers.Text.Base64.EncodeToUtf8(octets[..fits], _room[Length..], out _, out var written);
        Length += written;
        IsCut |= fits < octets.Length;
    }

    public void Address(scoped ReadOnlySpan<byte> octets)
    {
        if (octets.Length == Quads.Octets)
        {
            if (_room.Length - Length >= Quads.TextBytesMax)
            {
                Length += Quads.Write(octets, _room[Length..]);
                return;
            }

            Span<byte> quad = stackalloc byte[Quads.TextBytesMax];
            Raw(quad[..Quads.Write(octets, quad)]);
            return;
        }

        Span<byte> text = stackalloc byte[64];
        Raw(text[..Packets.Address.FromBytes(octets).Format(text)]);
    }

    /// <summary>A whole name, where all of it reads as it is.</summary>
    /// <returns>The position behind it, or -1: then nothing was written.</returns>
    public int TryName(scoped ReadOnlySpan<byte> message, int position)
    {
        var behind = PlainName.TryWrite(message, position, _room[Length..], out var size);
        if (behind >= 0) Length += size;
        return behind;
    }

    public void Label(scoped ReadOnlySpan<byte> label)
    {
        if (_room.Length - Length >= label.Length && PlainLabel.TryCopy(label, _room[Length..])) Length += label.Length;
        else Escaped(label, isLabel: true);
    }

    /// <summary>A character-string (RFC 1035 section 3.3): dots are plain here.</summary>
    public void Characters(scoped ReadOnlySpan<byte> characters) => Escaped(characters, isLabel: false);

    private void Escaped(scoped ReadOnlySpan<byte> octets, bool isLabel)
    {
        while (!octets.IsEmpty)
        {
            var odd = octets.IndexOfAnyExcept(s_plain);
            if (odd < 0)
            {
                Raw(octets);
                return;
            }

            Raw(octets[..odd]);
            octets = octets[(odd + Odd(octets[odd..], isLabel))..];
        }
    }

    /// <returns>How many octets it took.</returns>
    private int Odd(scoped ReadOnlySpan<byte> octets, bool isLabel)
    {
        var first = octets[0];
        if (first == '.' && !isLabel)
        {
            Byte(first);
            return 1;
        }

        if (first is (byte)'.' or (byte)'\\')
        {
            Byte((byte)'\\');
            Byte(first);
            return 1;
        }

        if (Rune.DecodeFromUtf8(octets, out var rune, out var length) == OperationStatus.Done
            && !Rune.IsControl(rune))
        {
            Raw(octets[..length]);
            return length;
        }

        Byte((byte)'\\');
        Byte((byte)('0' + first / 100));
        Byte((byte)('0' + first / 10 % 10));
        Byte((byte)('0' + first % 10));
        return 1;
    }
}
