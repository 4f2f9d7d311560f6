using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Packets;
using static NetSniff.Sensor.Capture.AfPacket.AfPacketNative;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>An interface as a packet socket sees it.</summary>
/// <param name="IsCooked">Its link header is of no kind we read, so the kernel is asked to leave it out: what is
/// captured begins at the network header.</param>
internal readonly record struct LinkKind(LinkType LinkType, bool IsCooked)
{
    public static LinkKind Ethernet => new(LinkType.Ethernet, IsCooked: false);

    /// <summary>By hardware type (ARPHRD_ of linux/if_arp.h).</summary>
    public static LinkKind Of(ushort hardware) => hardware switch
    {
        1 or 772 => Ethernet, // loopback has an empty Ethernet header
        801 => new(LinkType.Ieee80211, IsCooked: false),
        803 => new(LinkType.Ieee80211Radiotap, IsCooked: false),
        _ => new(LinkType.Raw, IsCooked: true), // tun, WireGuard, tunnels, PPP …
    };
}

/// <summary>Asks the kernel about interfaces, in the namespace of the calling thread or of a socket.</summary>
internal static unsafe class NetworkInterfaces
{
    private const nuint GetName = 0x8910, GetIndex = 0x8933, GetHardware = 0x8927;
    private const int NameBytesMax = 15;

    /// <summary>Names and indices, by name, in the namespace of this thread.</summary>
    public static IReadOnlyList<(string Name, int Index)> All()
    {
        var names = new List<(string Name, int Index)>();
        var list = NameIndex();
        if (list == 0) return names;

        // struct if_nameindex: an index, padding, a pointer to the name; the last has index 0.
        for (var entry = (nint*)list; *(uint*)entry != 0; entry += 2)
        {
            if (Marshal.PtrToStringUTF8(entry[1]) is { } name) names.Add((name, *(int*)entry));
        }

        FreeNameIndex(list);
        names.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        return names;
    }

    /// <returns>The index, or 0 when there is none of that name.</returns>
    public static int IndexOf(int socket, string name)
    {
        if (Encoding.UTF8.GetByteCount(name) > NameBytesMax) return 0;

        var request = Named(name);
        return Control(socket, GetIndex, &request) < 0 ? 0 : request.Value;
    }

    public static LinkKind KindOf(int socket, string name)
    {
        var request = Named(name);
        return Control(socket, GetHardware, &request) < 0 ? LinkKind.Ethernet : LinkKind.Of((ushort)request.Value);
    }

    /// <summary>The name of an index in the socket's namespace; empty when it is gone.</summary>
    public static string NameOf(int socket, int index)
    {
        var request = default(InterfaceRequest);
        request.Value = index;
        return Control(socket, GetName, &request) < 0 ? "" : Marshal.PtrToStringUTF8((nint)request.Name) ?? "";
    }

    private static InterfaceRequest Named(string name)
    {
        var request = default(InterfaceRequest);
        Encoding.UTF8.GetBytes(name, new Span<byte>(request.Name, NameBytesMax));
        return request;
    }
}
