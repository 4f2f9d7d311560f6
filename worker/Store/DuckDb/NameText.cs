using System.Runtime.InteropServices;
using System.Text;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>A name as the engine keeps a text, with its octets behind it. Never freed, since answers may refer to it:
/// names are few (<see cref="Records.Origins.CountMax"/>), and the same one is kept once.</summary>
internal readonly unsafe struct NameText
{
    private static readonly Dictionary<string, NameText> s_all = new(StringComparer.Ordinal);

    private readonly DuckText* _text;

    private NameText(DuckText* text) => _text = text;

    public static NameText None => default;

    public bool IsThere => _text is not null;

    /// <remarks>The place this lies in may be cleared meanwhile, so it is read once.</remarks>
    public ReadOnlySpan<byte> Octets
    {
        get
        {
            var text = _text;
            return text is null ? default : text->Octets;
        }
    }

    /// <summary>Of a name that is there; ask a copy, since the place it came from may be cleared meanwhile.</summary>
    public UInt128 Whole => *(UInt128*)_text;

    public static NameText Of(string name)
    {
        if (name.Length == 0) return None;
        lock (s_all)
        {
            if (s_all.TryGetValue(name, out var known)) return known;
            var octets = Encoding.UTF8.GetBytes(name);
            var memory = (byte*)NativeMemory.AlignedAlloc((nuint)(sizeof(DuckText) + octets.Length), 16);
            octets.CopyTo(new Span<byte>(memory + sizeof(DuckText), octets.Length));
            DuckText.Set(memory, memory + sizeof(DuckText), octets.Length);
            var text = new NameText((DuckText*)memory);
            s_all.Add(name, text);
            return text;
        }
    }
}
