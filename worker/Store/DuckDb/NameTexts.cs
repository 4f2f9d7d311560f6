using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Names that records carry as numbers, ready to be put into columns. They are never freed: the numbers are
/// few and live as long as the process.</summary>
internal sealed unsafe class NameTexts
{
    private readonly IntPtr[] _apps = new IntPtr[ushort.MaxValue + 1];
    private readonly IntPtr[] _nodes = new IntPtr[ushort.MaxValue + 1];
    private readonly IntPtr[] _interfaces = new IntPtr[ushort.MaxValue + 1];

    public void SetApp(byte* target, ushort app)
    {
        var text = _apps[app];
        if (text == 0) text = _apps[app] = Make(Apps.Name(app));
        *(Int128*)target = *(Int128*)text;
    }

    /// <returns>Whether there is a name.</returns>
    public bool TrySetNode(byte* target, ushort origin)
    {
        var text = _nodes[origin];
        if (text == 0) text = _nodes[origin] = Make(Origins.Of(origin).Node);
        *(Int128*)target = *(Int128*)text;
        return *(int*)text > 0;
    }

    /// <returns>Whether there is a name.</returns>
    public bool TrySetInterface(byte* target, ushort origin)
    {
        var text = _interfaces[origin];
        if (text == 0) text = _interfaces[origin] = Make(Origins.Of(origin).Interface);
        *(Int128*)target = *(Int128*)text;
        return *(int*)text > 0;
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
