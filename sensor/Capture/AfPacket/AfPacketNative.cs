using System.Runtime.InteropServices;

namespace NetSniff.Sensor.Capture.AfPacket;

/// <summary>The kernel's side of packet(7), as in linux/if_packet.h.</summary>
internal static unsafe partial class AfPacketNative
{
    public const int AddressFamily = 17; // AF_PACKET
    public const int AnyProtocol = 0x0300; // ETH_P_ALL in network order
    public const int CloseOnExec = 0x80000; // SOCK_CLOEXEC

    public const int SocketLevel = 1; // SOL_SOCKET
    public const int SocketError = 4;
    public const int AttachFilter = LibC.AttachFilter;

    public const int PacketLevel = 263; // SOL_PACKET
    public const int AddMembership = 1;
    public const int ReceiveRing = 5;
    public const int Statistics = 6;
    public const int RingVersion = 10;
    public const int Fanout = 18;
    public const int IgnoreOutgoing = 23;

    public const int Version3 = 2; // TPACKET_V3
    public const ushort Promiscuous = 1;

    public const int FanoutHash = 0;
    public const int FanoutUniqueId = 0x2000;
    public const int FanoutDefragment = 0x8000;

    // Offsets in a block (tpacket_block_desc) and in a frame's header (tpacket3_hdr, then sockaddr_ll).
    public const int BlockStatus = 8, BlockFrames = 12, BlockFirst = 16;
    public const int FrameNext = 0, FrameSeconds = 4, FrameNanos = 8, FrameCaptured = 12, FrameWire = 16,
        FrameStatus = 20, FrameMac = 24, FrameNet = 26, FrameVlan = 32, FrameVlanType = 36, FrameAddress = 48;
    public const int AddressProtocol = 2, AddressIndex = 4, AddressHardware = 8, AddressKind = 10;

    public const uint StatusUser = 1;
    public const uint StatusVlanValid = 16;
    public const uint StatusVlanTypeValid = 64;
    public const byte KindOtherHost = 3; // PACKET_OTHERHOST
    public const byte KindOutgoing = 4; // PACKET_OUTGOING

    private const string Library = "libc";

    [StructLayout(LayoutKind.Sequential)]
    public struct RingRequest
    {
        public uint BlockSize, BlockCount, FrameSize, FrameCount, RetireMillis, PrivateSize, Features;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct LinkAddress
    {
        public ushort Family, Protocol;
        public int Index;
        public ushort Hardware;
        public byte Kind, Length;
        public ulong Address;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Membership
    {
        public int Index;
        public ushort Kind, Length;
        public ulong Address;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct RingStatistics
    {
        public uint Packets, Drops, Freezes;
    }

    /// <summary>struct ifreq: a name of 16 bytes and a union.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    public struct InterfaceRequest
    {
        public fixed byte Name[16];
        public int Value;
    }

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int kind, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int descriptor, LinkAddress* address, int length);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int descriptor, int level, int option, void* value, int* length);

    [LibraryImport(Library, EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport(Library, EntryPoint = "munmap")]
    public static partial int Unmap(nint address, nuint length);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(int descriptor, nuint request, InterfaceRequest* argument);

    [LibraryImport(Library, EntryPoint = "if_nameindex")]
    public static partial nint NameIndex();

    [LibraryImport(Library, EntryPoint = "if_freenameindex")]
    public static partial void FreeNameIndex(nint list);
}
