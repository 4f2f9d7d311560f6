using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace NetSniff.Json;

/// <summary>Writes one line of JSON after the other into a buffer.</summary>
/// <remarks>What <see cref="System.Text.Json.Utf8JsonWriter"/> does for us, with the same names and the same bytes, at
/// a third of the time: an event has thirty small properties, and for each of them that one validates, measures and
/// copies several times. Nobody checks here that what was opened is closed.</remarks>
public sealed class JsonLine(OutputBuffer buffer)
{
    private const int BytesPerEscapedByteMax = 6;
    private const int NumberBytesMax = 20;

    private bool _isAfterValue;

    public void WriteStartObject() => Open((byte)'{');

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteStartObject(ReadOnlySpan<byte> name)
    {
        WritePropertyName(name);
        Open((byte)'{');
    }

    public void WriteStartObject(string name)
    {
        WritePropertyName(name);
        Open((byte)'{');
    }

    public void WriteEndObject() => Close((byte)'}');

    public void WriteStartArray() => Open((byte)'[');

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteStartArray(ReadOnlySpan<byte> name)
    {
        WritePropertyName(name);
        Open((byte)'[');
    }

    public void WriteStartArray(string name)
    {
        WritePropertyName(name);
        Open((byte)'[');
    }

    public void WriteEndArray() => Close((byte)']');

    /// <summary>Inlined, and what calls it too: a literal's length is then known and its copy a move or two.</summary>
    /// <param name="name">Ours, with nothing in it to escape.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WritePropertyName(ReadOnlySpan<byte> name)
    {
        var target = Next(name.Length + 3, out var used);
        _isAfterValue = false;
        target[used++] = (byte)'"';
        name.CopyTo(target.Slice(used, name.Length));
        used += name.Length;
        target[used++] = (byte)'"';
        target[used++] = (byte)':';
        buffer.Advance(used);
    }

    public void WritePropertyName(string name)
    {
        Span<byte> ours = stackalloc byte[Encoding.UTF8.GetMaxByteCount(name.Length)];
        WritePropertyName(ours[..Encoding.UTF8.GetBytes(name, ours)]);
    }

    /// <summary>A name that is not ours: it may hold anything.</summary>
    public void WriteForeignName(string name)
    {
        WriteStringValue(name);
        buffer.Append((byte)':');
        _isAfterValue = false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteString(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        WritePropertyName(name);
        WriteStringValue(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteString(ReadOnlySpan<byte> name, string value)
    {
        WritePropertyName(name);
        WriteStringValue(value);
    }

    public void WriteString(string name, ReadOnlySpan<byte> value)
    {
        WritePropertyName(name);
        WriteStringValue(value);
    }

    public void WriteString(string name, string value)
    {
        WritePropertyName(name);
        WriteStringValue(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteNumber(ReadOnlySpan<byte> name, ulong value)
    {
        WritePropertyName(name);
        WriteNumberValue(value);
    }

    public void WriteNumber(string name, ulong value)
    {
        WritePropertyName(name);
        WriteNumberValue(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteNumber(ReadOnlySpan<byte> name, long value)
    {
        WritePropertyName(name);
        WriteNumberValue(value);
    }

    public void WriteNumber(string name, long value)
    {
        WritePropertyName(name);
        WriteNumberValue(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteBoolean(ReadOnlySpan<byte> name, bool value)
    {
        WritePropertyName(name);
        WriteBooleanValue(value);
    }

    public void WriteBoolean(string name, bool value)
    {
        WritePropertyName(name);
        WriteBooleanValue(value);
    }

    public void WriteNumberValue(ulong value)
    {
        var target = Next(NumberBytesMax, out var used);
        Utf8Formatter.TryFormat(value, target[used..], out var written);
        buffer.Advance(used + written);
    }

    public void WriteNumberValue(long value)
    {
        var target = Next(NumberBytesMax, out var used);
        Utf8Formatter.TryFormat(value, target[used..], out var written);
        buffer.Advance(used + written);
    }

    public void WriteBooleanValue(bool value)
    {
        var text = value ? "true"u8 : "false"u8;
        var target = Next(text.Length, out var used);
        text.CopyTo(target[used..]);
        buffer.Advance(used + text.Length);
    }

    public void WriteStringValue(string value)
    {
        const int OnStackMax = 256;
        var max = Encoding.UTF8.GetMaxByteCount(value.Length);
        var rented = max > OnStackMax ? ArrayPool<byte>.Shared.Rent(max) : null;
        Span<byte> text = rented ?? stackalloc byte[OnStackMax];
        WriteStringValue(text[..Encoding.UTF8.GetBytes(value, text)]);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    /// <param name="value">What of it is not UTF-8 becomes U+FFFD.</param>
    public void WriteStringValue(ReadOnlySpan<byte> value)
    {
        if (!TryWritePlain(value)) WriteEscaped(value);
    }

    /// <summary>A text that need not be UTF-8: if it is not, each byte above 7f is written as `\xNN`, in the manner of
    /// Suricata, so that nothing of it is lost.</summary>
    public void WriteTextValue(ReadOnlySpan<byte> text)
    {
        if (TryWritePlain(text)) return;
        if (Utf8.IsValid(text))
        {
            WriteEscaped(text);
            return;
        }

        var escaped = ArrayPool<byte>.Shared.Rent(JsonText.BytesPerOctetMax * text.Length);
        WriteStringValue(escaped.AsSpan(0, JsonText.Escape(text, escaped)));
        ArrayPool<byte>.Shared.Return(escaped);
    }

    /// <summary>Begins a stretch that the caller writes with its own commas, the first included.</summary>
    /// <param name="bytesMax">More than it can be.</param>
    public JsonPiece Begin(int bytesMax) => new(buffer.GetSpan(bytesMax));

    /// <summary>The stretch is over; it ended behind a value.</summary>
    public void End(in JsonPiece piece)
    {
        buffer.Advance(piece.Length);
        _isAfterValue = true;
    }

    public void WriteHexValue(ReadOnlySpan<byte> octets)
    {
        var target = Next(2 * octets.Length + 2, out var used);
        target[used++] = (byte)'"';
        foreach (var octet in octets)
        {
            target[used++] = JsonText.HexDigit(octet >> 4);
            target[used++] = JsonText.HexDigit(octet & 0xF);
        }

        target[used++] = (byte)'"';
        buffer.Advance(used);
    }

    /// <summary>A name that is not ours, which may hold anything.</summary>
    public void WriteNameValue(ReadOnlySpan<byte> name)
    {
        WriteStringValue(name);
        buffer.Append((byte)':');
        _isAfterValue = false;
    }

    /// <param name="json">A whole value in JSON already.</param>
    public void WriteRawValue(ReadOnlySpan<byte> json)
    {
        var target = Next(json.Length, out var used);
        json.CopyTo(target[used..]);
        buffer.Advance(used + json.Length);
    }

    /// <summary>The line is complete.</summary>
    public void End()
    {
        _isAfterValue = false;
        buffer.EndLine();
    }

    private bool TryWritePlain(ReadOnlySpan<byte> value)
    {
        var target = buffer.GetSpan(value.Length + 3);
        var used = 0;
        if (_isAfterValue) target[used++] = (byte)',';
        target[used++] = (byte)'"';
        if (!PlainText.TryCopy(value, target[used..])) return false;

        used += value.Length;
        target[used++] = (byte)'"';
        buffer.Advance(used);
        _isAfterValue = true;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteEscaped(ReadOnlySpan<byte> value)
    {
        var target = Next(BytesPerEscapedByteMax * value.Length + 2, out var used);
        target[used++] = (byte)'"';
        JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(value, target[used..], out _, out var written);
        used += written;
        target[used++] = (byte)'"';
        buffer.Advance(used);
    }

    /// <summary>Room for a value and the comma before it, which is written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Next(int size, out int used)
    {
        var target = buffer.GetSpan(size + 1);
        used = 0;
        if (_isAfterValue) target[used++] = (byte)',';
        _isAfterValue = true;
        return target;
    }

    private void Open(byte bracket)
    {
        var target = Next(1, out var used);
        target[used++] = bracket;
        buffer.Advance(used);
        _isAfterValue = false;
    }

    private void Close(byte bracket)
    {
        buffer.Append(bracket);
        _isAfterValue = true;
    }
}
