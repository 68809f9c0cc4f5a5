"""What is wrong with a setting, a height map or a model."""

from printd.core.errors.kinds import RETRY, NotTaken, UserError


class SettingInvalid(UserError):
    """A setting is outside its range or contradicts another."""

    code = "setting_invalid"
    exit_code = 64
    action = "Use a value within the range."


class DepthMissing(UserError):
    """What makes the height map is not on this machine."""

    code = "depth_missing"
    exit_code = 69
    action = "Put it into place, or choose another `depth`, " + RETRY


class DepthUnfit(UserError):
    """What is to make the height map is not what the configuration says, or gives none."""

    code = "depth_unfit"
    exit_code = 78
    action = "Mend the named entry of `depth:` in the configuration, " + RETRY


class MeshUnreadable(NotTaken):
    """The mesh file is broken or of an unknown kind."""

    code = "mesh_unreadable"
    action = "Export the model again as binary STL in millimetres."


class MeshEmpty(NotTaken):
    """There is no triangle in the mesh file."""

    code = "mesh_empty"
    action = "Export the model again; look whether it is there before."


class MeshTooLarge(NotTaken):
    """More bytes, triangles or parts than are read."""

    code = "mesh_too_large"
    action = "Save the model with fewer triangles."


class MeshCompressed(NotTaken):
    """The mesh is packed in a way that printd does not unpack."""

    code = "mesh_compressed"
    action = "Export the model without Draco and meshopt compression."


class MeshSizeUnclear(NotTaken):
    """Nobody says in what unit the mesh is."""

    code = "mesh_size_unclear"
    action = "Say how large it is to be: `longest_mm` in a file beside it, or `--longest-mm`."


class MeshFlat(UserError):
    """The mesh is a sheet: it has an area, and no inside."""

    code = "mesh_flat"
    action = "Give the model a thickness."


class MeshBeyondRepair(UserError):
    """No way of repair gave a closed body."""

    code = "mesh_beyond_repair"
    action = "Mend the model by hand, or try another one."


class MeshUnprintable(UserError):
    """The mesh is no closed body of sensible size."""

    code = "mesh_unprintable"
    action = "Repair the model so that it is one closed body in millimetres."


class ModelTooLarge(UserError):
    """The model does not fit the printer."""

    code = "model_too_large"
    action = "Choose a smaller width, or a printer with a larger bed."
