using System.Text;
using Microsoft.Win32.SafeHandles;
using static NetSniff.Sensor.Capture.AfPacket.AfPacketNative;

namespace NetSniff.Tests.Capture;

/// <summary>An interface of bare IP that is there as long as somebody holds it (tun of the kernel's
/// Documentation/networking/tuntap).</summary>
internal static unsafe class TunDevice
{
    private const string Door = "/dev/net/tun";
    private const nuint SetInterface = 0x4004_54CA; // TUNSETIFF
    private const int TunWithoutHeader = 0x1001; // IFF_TUN | IFF_NO_PI

    public static SafeFileHandle Open(TestNamespace space, string name)
    {
        if (!File.Exists(Door)) Assert.Skip($"no {Door} here");
        return space.Run(() =>
        {
            var handle = File.OpenHandle(Door, FileMode.Open, FileAccess.ReadWrite);
            var request = new InterfaceRequest { Value = TunWithoutHeader };
            Encoding.ASCII.GetBytes(name, new Span<byte>(request.Name, 15));
            if (Control((int)handle.DangerousGetHandle(), SetInterface, &request) == 0) return handle;

            handle.Dispose();
            Assert.Skip("no tun interfaces here");
            return handle;
        });
    }
}
