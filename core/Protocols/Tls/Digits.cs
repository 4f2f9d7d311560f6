namespace NetSniff.Protocols.Tls;

/// <summary>Writes numbers as text into lent bytes; stops, and says so, where they end.</summary>
internal ref struct Digits(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    public int Written { get; private set; }

    public bool IsCut { get; private set; }

    public void Character(char character)
    {
        if (Written < _target.Length) _target[Written++] = (byte)character;
        else IsCut = true;
    }

    public void Decimal(uint value)
    {
        Span<byte> reversed = stackalloc byte[10];
        var count = 0;
        do
        {
            reversed[count++] = (byte)('0' + value % 10);
            value /= 10;
        }
        while (value > 0);

        if (_target.Length - Written < count)
        {
            IsCut = true;
            return;
        }

        while (count > 0) _target[Written++] = reversed[--count];
    }

    /// <summary>Two digits, leading zero kept, 99 for all above it.</summary>
    public void TwoDigits(int value)
    {
        value = Math.Min(value, 99);
        Character((char)('0' + value / 10));
        Character((char)('0' + value % 10));
    }

    public void Hex(byte value)
    {
        Character(HexDigit(value >> 4));
        Character(HexDigit(value & 15));
    }

    public void Hex(ushort value)
    {
        Hex((byte)(value >> 8));
        Hex((byte)value);
    }

    public static char HexDigit(int nibble) => (char)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10);

    public static void Hex(ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        for (var index = 0; index < bytes.Length; index++)
        {
            target[2 * index] = (byte)HexDigit(bytes[index] >> 4);
            target[2 * index + 1] = (byte)HexDigit(bytes[index] & 15);
        }
    }
}
