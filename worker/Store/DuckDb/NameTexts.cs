using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Protocols;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Names that records carry as numbers, ready to be put into columns. They are never freed: the numbers are
/// few and live as long as the process.</summary>
internal sealed unsafe class NameTexts
{
    private readonly IntPtr[] _apps = new IntPtr[ushort.MaxValue + 1];
    private readonly IntPtr[] _interfaces = new IntPtr[ushort.MaxValue + 1];

    public void SetApp(byte* target, ushort app)
    {
        var text = _apps[app];
        if (text == 0) text = _apps[app] = Make(Apps.Name(app));
        *(Int128*)target = *(Int128*)text;
    }

    public void SetInterface(byte* target, ushort number)
    {
        var text = _interfaces[number];
        if (text == 0) text = _interfaces[number] = Make(number.ToString(CultureInfo.InvariantCulture));
        *(Int128*)target = *(Int128*)text;
    }

    /// <summary>A text of DuckDB's with its octets behind it.</summary>
    private static IntPtr Make(string name)
    {
        var octets = Encoding.UTF8.GetBytes(name);
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)(16 + octets.Length), 16);
        octets.CopyTo(new Span<byte>(memory + 16, octets.Length));
        DuckText.Set(memory, memory + 16, octets.Length);
        return (IntPtr)memory;
    }
}
